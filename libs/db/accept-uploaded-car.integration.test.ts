import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FailureCode } from '#libs/errors/index.ts'
import { acceptUploadedCar } from './accept-uploaded-car.ts'
import { eq } from './drizzle.ts'
import { leasesOf } from './leases.ts'
import { jobs } from './schema.ts'
import { stagingNeeds } from './staging-needs.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const carOf = (cid: string) => ({
  staging: { bucket: 'staging', key: `${cid}/add-1.car` },
  carCid: 'bag',
  sizeBytes: 100,
  blocks: 3,
  dagBytes: 80,
  rawBytes: 70,
})
const upload = (cid: string) => acceptUploadedCar(database.db, stored.request(cid), carOf(cid))
const eventIds = async (cid: string) => (await stored.eventsOf(cid)).map(({ id }) => id)

test('a content that nobody had goes straight to the validator', { timeout }, async () => {
  const { accepted, used } = await upload('new')
  assert.equal(used, true)
  assert.deepEqual([accepted.pin.state, accepted.content.state], ['pinning', 'pinning'])
  assert.deepEqual(await eventIds('new'), ['new.1.uploaded'])
})

test('the CAR is the result of the fetch, so that its event can be made again', { timeout }, async () => {
  await stored.accept('result', { api: 'psa' })
  await fetchOf('result')
  await upload('result')
  const [job] = await database.db.select().from(jobs).where(eq(jobs.cid, 'result'))
  const { generation, leaseEpoch, attempts, result } = job ?? assert.fail('there is no job')
  assert.deepEqual([generation, leaseEpoch, attempts], [2, 2, 0])
  assert.deepEqual(result, carOf('result'))
  const leases = leasesOf(database.db, { owner: 'w', leaseMs: 1_000 })
  const claim = await leases.claim({ cid: 'result', generation: 2, step: 'fetch' })
  assert.deepEqual(claim, { kind: 'done', result: carOf('result') })
})

/** Puts the fetch of generation 1 into the hands of a worker, with its result if there is one. */
const fetchOf = (cid: string, result?: object) =>
  database.db.insert(jobs).values({
    cid,
    step: 'fetch',
    generation: 1,
    leaseOwner: 'w',
    leaseEpoch: 1,
    leaseUntil: new Date(Date.now() + 60_000),
    attempts: 1,
    ...(result ? { result } : {}),
  })

test('a content that is pinned does not need the CAR', { timeout }, async () => {
  await stored.accept('pinned', { api: 'psa' })
  await stored.setState('pinned', 'pinned')
  const { accepted, used } = await upload('pinned')
  assert.deepEqual([used, accepted.pin.state], [false, 'pinned'])
})

test('a fetch that waits, or runs, is overtaken: it may never find what the client has', {
  timeout,
}, async () => {
  for (const state of ['queued', 'pinning'] as const) {
    await stored.accept(state, { api: 'psa' })
    await stored.setState(state, state)
    if (state === 'pinning') await fetchOf(state)
    const { accepted, used } = await upload(state)
    assert.deepEqual([used, accepted.content.generation, accepted.content.state], [true, 2, 'pinning'])
    const events = [`${state}.1.requested`, `${state}.1.cancelled`, `${state}.2.uploaded`]
    assert.deepEqual(new Set(await eventIds(state)), new Set(events))
    assert.deepEqual(new Set((await stored.pinsOf(state)).map(pin => pin.state)), new Set(['pinning']))
  }
})

test('a CAR that is with the validator already is not overtaken', { timeout }, async () => {
  await stored.accept('fetched')
  await stored.setState('fetched', 'pinning')
  await fetchOf('fetched', { staged: true })
  assert.equal((await upload('fetched')).used, false)
  assert.equal((await upload('uploaded')).used, true)
  assert.equal((await upload('uploaded')).used, false)
})

test('a failed content takes the CAR as its next generation', { timeout }, async () => {
  await stored.accept('failed')
  await stored.setState('failed', 'failed')
  assert.equal((await upload('failed')).used, true)
  assert.deepEqual(await eventIds('failed'), ['failed.1.requested', 'failed.2.uploaded'])
})

/** Uploads, and ends its check with `code`, and the content with it. */
async function uploadThatFails(cid: string, code: FailureCode): Promise<void> {
  await upload(cid)
  const leases = leasesOf(database.db, { owner: 'v', leaseMs: 60_000 })
  const claim = await leases.claim({ cid, generation: 1, step: 'validate' })
  assert.ok(claim.kind === 'leased')
  await leases.fail(claim.lease, { code, message: 'x', missingCids: [] })
  await stored.setState(cid, 'failed', { failureCode: code })
}

test('an upload whose check failed for no reason of its own is kept, and checked again when it is wanted again', {
  timeout,
}, async () => {
  for (const code of ['storage-unavailable', 'worker-lost', 'internal'] as const) {
    const cid = `kept-${code}`
    await uploadThatFails(cid, code)
    assert.equal((await stagingNeeds(database.db, [cid])).get(cid)?.key, carOf(cid).staging.key)
    const { pin, content } = await stored.accept(cid)
    assert.deepEqual([pin.state, content.state, content.generation], ['pinning', 'pinning', 2])
    assert.deepEqual(await eventIds(cid), [`${cid}.1.uploaded`, `${cid}.2.uploaded`])
    const leases = leasesOf(database.db, { owner: 'w', leaseMs: 1_000 })
    const fetched = await leases.claim({ cid, generation: 2, step: 'fetch' })
    assert.deepEqual(fetched, { kind: 'done', result: carOf(cid) })
    assert.equal((await stagingNeeds(database.db, [cid])).get(cid)?.key, carOf(cid).staging.key)
  }
})

test('an upload that was found damaged, or that nobody wanted any more, is not kept', {
  timeout,
}, async () => {
  await uploadThatFails('damaged', 'bad-car')
  await upload('unwanted')
  await stored.setState('unwanted', 'unpinned')
  for (const cid of ['damaged', 'unwanted']) {
    assert.equal((await stagingNeeds(database.db, [cid])).get(cid), undefined)
    const { content } = await stored.accept(cid)
    assert.deepEqual([content.state, content.generation], ['queued', 2])
    assert.deepEqual(await eventIds(cid), [`${cid}.1.uploaded`, `${cid}.2.requested`])
  }
})
