import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq, sql } from './drizzle.ts'
import { removeClusterPin } from './remove-pin.ts'
import { contents } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'
import { forgetCar, takeUnpinnedCars } from './unpinned-cars.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const hourMs = 3_600_000
const take = async (graceMs: number, limit = 100) => {
  const taken = await takeUnpinnedCars(database.db, { bucket: 'cars', graceMs, limit })
  return taken.map(({ cid }) => cid)
}

/** A content that was pinned, and unpinned some time ago. */
async function unpinned(cid: string, agoMs = 0) {
  await stored.accept(cid)
  await stored.setState(cid, 'pinned')
  await removeClusterPin(database.db, { account: 'default', cid })
  await age(cid, 'changedAt', agoMs)
}

const age = (cid: string, column: 'changedAt' | 'carDeletionAt', agoMs: number) =>
  database.db
    .update(contents)
    .set({ [column]: sql`now() - ${agoMs} * interval '1 millisecond'` })
    .where(eq(contents.cid, cid))

test('only CARs whose grace time is over are taken, each once', { timeout }, async () => {
  await unpinned('old', 2 * hourMs)
  await unpinned('fresh', hourMs / 2)
  await stored.accept('in-use')
  await stored.setState('in-use', 'pinned', { changedAt: new Date(0) })
  assert.deepEqual(await take(hourMs), ['old'])
  assert.deepEqual(await take(hourMs), [])
})

test('a CAR that was taken by one that died is taken again later', { timeout }, async () => {
  await unpinned('orphan', 2 * hourMs)
  assert.deepEqual(await take(hourMs), ['orphan'])
  await age('orphan', 'carDeletionAt', 61_000)
  assert.deepEqual(await take(hourMs), ['orphan'])
})

test('two that take at once share the CARs', { timeout }, async () => {
  for (let i = 0; i < 10; i++) await unpinned(`many-${i}`, 2 * hourMs)
  const [one, two] = await Promise.all([take(hourMs, 5), take(hourMs, 5)])
  const rest = await take(hourMs)
  assert.equal(new Set([...one, ...two, ...rest]).size, 10)
  assert.equal(one.length + two.length + rest.length, 10)
})

test('a pin within the grace time is pinned at once, without a job', { timeout }, async () => {
  await unpinned('kept', hourMs)
  const { pin, content } = await stored.accept('kept')
  assert.deepEqual([pin.state, content.state, content.generation], ['pinned', 'pinned', 1])
  assert.equal(content.carKey, 'kept/bag.car')
  assert.equal((await stored.eventsOf('kept')).length, 1)
  assert.ok(!(await take(0)).includes('kept'))
})

test('a pin of a CAR that is being deleted fetches it again, and not before the delete has ended', {
  timeout,
}, async () => {
  await unpinned('going', hourMs)
  assert.ok((await take(0)).includes('going'))
  const { content } = await stored.accept('going')
  assert.deepEqual([content.state, content.generation, content.carCid], ['queued', 2, null])
  const events = await stored.eventsOf('going')
  const job = events.find(({ id }) => id === 'going.2.requested')
  assert.equal(job?.notBefore.getTime(), (content.carDeletionAt?.getTime() ?? 0) + 60_000)
  await forgetCar(database.db, { cid: 'going', generation: 1, bucket: 'cars', key: 'going/bag.car' })
  assert.equal((await stored.content('going'))?.state, 'queued')
})

test('a CAR in another bucket is left there, and a pin finds it', { timeout }, async () => {
  await unpinned('elsewhere', 2 * hourMs)
  await stored.setState('elsewhere', 'unpinned', { carBucket: 'older-cars' })
  assert.ok(!(await take(0)).includes('elsewhere'))
  assert.equal((await stored.accept('elsewhere')).content.state, 'pinned')
})

test('a CAR that is deleted leaves no receipt, and a pin fetches it again at once', { timeout }, async () => {
  await unpinned('gone')
  const [car] = await takeUnpinnedCars(database.db, { bucket: 'cars', graceMs: 0, limit: 1 })
  assert.ok(car)
  await forgetCar(database.db, car)
  await forgetCar(database.db, car)
  const content = await stored.content(car.cid)
  assert.deepEqual([content?.carKey, content?.carCid, content?.verifiedAt], [null, null, null])
  assert.equal(content?.generation, 2, 'late events of the generation that had the CAR are ignored')
  assert.equal((await stored.accept(car.cid)).content.state, 'queued')
  const job = (await stored.eventsOf(car.cid)).find(({ id }) => id === `${car.cid}.3.requested`)
  assert.ok(job && job.notBefore.getTime() <= Date.now())
})
