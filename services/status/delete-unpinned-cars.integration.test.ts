import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contents, eq, removeClusterPin, sql } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase, silent, type TestDatabase } from '#libs/db/testing/test-database.ts'
import type { Storage } from '#libs/storage/index.ts'
import { type FaultPlan, startFaultProxy } from '#libs/storage/testing/fault-proxy.ts'
import { type S3Gateway, startS3Gateway } from '#libs/storage/testing/s3-gateway.ts'
import { connectTo, uploadBytes } from '#libs/storage/testing/test-objects.ts'
import { createDeleteUnpinnedCars } from './delete-unpinned-cars.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
let s3: S3Gateway
let storage: Storage
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
  s3 = await startS3Gateway()
  storage = connectTo(s3.endpoint, { retryForMs: 0 })
})
after(async () => {
  await storage[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const timeout = 20_000
const deletes = (plan: ReturnType<FaultPlan>) => ({
  plan: (({ operation }) => (operation === 'DeleteObject' ? plan : undefined)) satisfies FaultPlan,
})

function passOf(changes: Partial<Parameters<typeof createDeleteUnpinnedCars>[0]> = {}) {
  return createDeleteUnpinnedCars({
    db: database.db,
    storage,
    carBucket: s3.bucket,
    graceMs: 0,
    deleteWithinMs: 5_000,
    stopping: new AbortController().signal,
    log: silent,
    ...changes,
  })
}

const carOf = (cid: string) => ({ bucket: s3.bucket, key: `${cid}/bag.car` })
const isStored = async (cid: string) => (await storage.head(carOf(cid))) !== undefined
const isKnown = async (cid: string) => (await stored.content(cid))?.carKey !== null

/** A content that was pinned and has its CAR in the store, and was unpinned now. */
async function unpinned(cid: string): Promise<void> {
  await stored.accept(cid)
  await stored.setState(cid, 'pinned')
  await uploadBytes(storage, carOf(cid), Buffer.from(cid))
  await removeClusterPin(database.db, { account: 'default', cid })
}

/** As if the CAR had been taken longer ago than any delete takes. */
const takenLongAgo = (cid: string) =>
  database.db
    .update(contents)
    .set({ carDeletionAt: sql`now() - interval '61 seconds'` })
    .where(eq(contents.cid, cid))

test('the CAR of an unpinned content is deleted and forgotten, any other stays', { timeout }, async () => {
  await unpinned('gone')
  await unpinned('wanted')
  await stored.accept('wanted')
  assert.equal(await passOf()(), false)
  assert.deepEqual([await isStored('gone'), await isKnown('gone')], [false, false])
  assert.deepEqual([await isStored('wanted'), await isKnown('wanted')], [true, true])
  assert.equal(await passOf()(), false)
})

test('a CAR stays for the grace time', { timeout }, async () => {
  await unpinned('fresh')
  await passOf({ graceMs: 3_600_000 })()
  assert.deepEqual([await isStored('fresh'), await isKnown('fresh')], [true, true])
})

test('a CAR that is gone already counts as deleted', { timeout }, async () => {
  await unpinned('vanished')
  await storage.delete(carOf('vanished'))
  await passOf()()
  assert.equal(await isKnown('vanished'), false)
})

test('more CARs than fit one pass are told to be waiting', { timeout }, async () => {
  const cids = Array.from({ length: 20 }, (_, i) => `many-${i}`)
  await Promise.all(cids.map(unpinned))
  assert.equal(await passOf()(), true)
  assert.equal(await passOf()(), false)
  assert.deepEqual(await Promise.all(cids.map(isStored)), Array(20).fill(false))
})

test('a delete that the store refuses keeps no other back, and is repeated later', { timeout }, async () => {
  await unpinned('refused')
  await unpinned('next')
  await using proxy = await startFaultProxy(s3.endpoint, ({ operation, url }) =>
    operation === 'DeleteObject' && url.pathname.includes('refused')
      ? { kind: 'answer', httpStatus: 503, s3Code: 'SlowDown' }
      : undefined,
  )
  await using faulty = connectTo(proxy.endpoint, { retryForMs: 0 })
  await assert.rejects(passOf({ storage: faulty })(), /1 of 2 failed/)
  assert.equal(proxy.countOf('DeleteObject'), 2)
  assert.deepEqual([await isStored('next'), await isKnown('next')], [false, false])
  assert.deepEqual([await isStored('refused'), await isKnown('refused')], [true, true])
  await passOf()()
  assert.equal(await isStored('refused'), true, 'the first delete could still be under way')
  await takenLongAgo('refused')
  await passOf()()
  assert.deepEqual([await isStored('refused'), await isKnown('refused')], [false, false])
})

test('a delete whose answer is lost, or does not come in time, counts as not done', { timeout }, async () => {
  for (const [cid, fault] of [
    ['lost-answer', { kind: 'lose-answer' }],
    ['silence', { kind: 'silence' }],
  ] as const) {
    await unpinned(cid)
    await using proxy = await startFaultProxy(s3.endpoint, deletes(fault).plan)
    await using faulty = connectTo(proxy.endpoint, { retryForMs: 0 })
    await assert.rejects(passOf({ storage: faulty, deleteWithinMs: 500 })(), /1 of 1 failed/)
    assert.equal(await isKnown(cid), true)
    await takenLongAgo(cid)
    await passOf()()
    assert.deepEqual([await isStored(cid), await isKnown(cid)], [false, false])
  }
})

test('a process that was asleep after it took CARs deletes none of them', { timeout }, async () => {
  await unpinned('asleep')
  const untouchable = { delete: () => assert.fail('it was deleted') }
  await assert.rejects(passOf({ storage: untouchable, deleteWithinMs: -1 })(), /1 of 1 failed/)
  assert.deepEqual([await isStored('asleep'), await isKnown('asleep')], [true, true])
})

test('a pin that comes between the delete and its end is not forgotten: it is fetched again', {
  timeout,
}, async () => {
  await unpinned('back')
  const deleting = Promise.withResolvers<void>()
  const mayEnd = Promise.withResolvers<void>()
  const slow: Pick<Storage, 'delete'> = {
    async delete(ref, options) {
      deleting.resolve()
      await mayEnd.promise
      await storage.delete(ref, options)
    },
  }
  const passing = passOf({ storage: slow })()
  await deleting.promise
  const { content } = await stored.accept('back')
  assert.deepEqual([content.state, content.generation], ['queued', 2])
  mayEnd.resolve()
  await passing
  const after = await stored.content('back')
  assert.deepEqual([after?.state, after?.generation], ['queued', 2])
})

test('the end of the service cuts a delete off', { timeout }, async () => {
  await unpinned('cut')
  await using proxy = await startFaultProxy(s3.endpoint, deletes({ kind: 'silence' }).plan)
  await using faulty = connectTo(proxy.endpoint, { retryForMs: 0 })
  const stopping = new AbortController()
  const passing = passOf({ storage: faulty, deleteWithinMs: 3_600_000, stopping: stopping.signal })()
  stopping.abort(new Error('the service stops'))
  await assert.rejects(passing, /1 of 1 failed/)
  assert.equal(await isKnown('cut'), true)
})
