import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type ContentChanges,
  type ContentState,
  contents,
  createContentChanges,
  eq,
  forgetCar,
} from '#libs/db/index.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'
import { onCarIndexed } from './on-car-indexed.ts'
import { onCarValid } from './on-car-valid.ts'
import { onPinFailed } from './on-pin-failed.ts'
import { onPinStarted } from './on-pin-started.ts'

let database: TestDatabase
let changes: ContentChanges
before(async () => {
  database = await createTestDatabase()
  changes = createContentChanges(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const states: ContentState[] = ['queued', 'pinning', 'pinned', 'failed', 'unpinned']
const at = '2026-01-02T03:04:05.678Z'
const verifiedAt = '2026-01-01T00:00:00.000Z'
let count = 0

/** A content in `state` of generation 2, with what each event of one of its generations does to it. */
async function setUp(state: ContentState) {
  const cid = `cid-${count++}`
  const receipt = state === 'pinned' ? { carCid: 'old-car' } : {}
  const failure =
    state === 'failed' ? { failureCode: 'stalled', failureMessage: 'old', missingCids: ['x'] } : {}
  await database.db.insert(contents).values({ cid, generation: 2, state, ...receipt, ...failure })
  const envelope = <Data extends object>(data: Data, generation: number) => ({
    v: 1,
    id: 'event',
    at,
    data: { cid, generation, ...data },
  })
  const facts = { carCid: 'bag', sizeBytes: 100, blocks: 3, dagBytes: 80 }
  const car = { bucket: 'cars', key: 'bag/bag.car' }
  return {
    started: (generation = 2, attempt = 1) =>
      onPinStarted(changes)(envelope({ attempt, worker: 'w' }, generation)),
    failed: (generation = 2) =>
      onPinFailed(changes)(
        envelope(
          { step: 'fetch' as const, code: 'timed-out', message: 'late', missingCids: ['m'] },
          generation,
        ),
      ),
    valid: (generation = 2, more = {}) =>
      onCarValid(changes)(envelope({ car, region: 'eu', ...facts, ...more, verifiedAt }, generation)),
    indexed: (generation = 2, announced = true) =>
      onCarIndexed(changes)(envelope({ carCid: 'bag', announced }, generation)),
    async row() {
      const [row] = await database.db.select().from(contents).where(eq(contents.cid, cid))
      return row ?? assert.fail('the content is gone')
    },
  }
}

type EventName = 'started' | 'failed' | 'valid' | 'indexed'
const outcomes: Record<EventName, Record<ContentState, ContentState>> = {
  started: {
    queued: 'pinning',
    pinning: 'pinning',
    pinned: 'pinned',
    failed: 'failed',
    unpinned: 'unpinned',
  },
  failed: { queued: 'failed', pinning: 'failed', pinned: 'pinned', failed: 'failed', unpinned: 'unpinned' },
  valid: { queued: 'pinned', pinning: 'pinned', pinned: 'pinned', failed: 'pinned', unpinned: 'unpinned' },
  indexed: { queued: 'queued', pinning: 'pinning', pinned: 'pinned', failed: 'failed', unpinned: 'unpinned' },
}

for (const [name, outcomeOf] of Object.entries(outcomes) as [
  EventName,
  Record<ContentState, ContentState>,
][]) {
  for (const state of states) {
    test(`${name} leaves a content that is ${state} ${outcomeOf[state]}, and a repeat changes nothing more`, {
      timeout,
    }, async () => {
      const content = await setUp(state)
      const before = await content.row()
      await content[name]()
      const once = await content.row()
      assert.equal(once.state, outcomeOf[state])
      if (outcomeOf[state] === state && !['started', 'indexed'].includes(name) && state !== 'unpinned')
        assert.deepEqual(once, before)
      await content[name]()
      assert.deepEqual({ ...(await content.row()), changedAt: null }, { ...once, changedAt: null })
    })

    test(`${name} of an older or a later generation changes nothing on a content that is ${state}`, {
      timeout,
    }, async () => {
      const content = await setUp(state)
      const before = await content.row()
      await content[name](1)
      await content[name](3)
      assert.deepEqual(await content.row(), before)
    })
  }
}

test('the whole receipt of a valid CAR is stored, and the traces of a failure go', { timeout }, async () => {
  const content = await setUp('failed')
  await content.valid(2, { rawBytes: 70 })
  const row = await content.row()
  assert.deepEqual([row.failureCode, row.failureMessage, row.missingCids], [null, null, null])
  assert.deepEqual([row.carCid, row.carBucket, row.carKey], ['bag', 'cars', 'bag/bag.car'])
  assert.deepEqual([row.carBytes, row.blocks, row.dagBytes, row.rawBytes], [100, 3, 80, 70])
  assert.equal(row.verifiedAt?.toISOString(), verifiedAt)
})

test('a receipt that does not tell the size of the data is stored without it', { timeout }, async () => {
  const content = await setUp('pinning')
  await content.valid()
  const { state, dagBytes, rawBytes } = await content.row()
  assert.deepEqual([state, dagBytes, rawBytes], ['pinned', 80, null])
})

test('a CAR that becomes valid after the last pin went is known, so that it can be deleted', {
  timeout,
}, async () => {
  const content = await setUp('unpinned')
  await content.valid()
  const row = await content.row()
  assert.deepEqual([row.state, row.carKey], ['unpinned', 'bag/bag.car'])
})

test('a CAR that is being deleted, or was, stays so when the event comes again', { timeout }, async () => {
  const content = await setUp('unpinned')
  await content.valid()
  const { cid, generation } = await content.row()
  const carDeletionAt = new Date()
  await database.db.update(contents).set({ carDeletionAt }).where(eq(contents.cid, cid))
  await content.valid()
  assert.deepEqual((await content.row()).carDeletionAt, carDeletionAt)
  await forgetCar(database.db, { cid, generation, bucket: 'cars', key: 'bag/bag.car' })
  await content.valid()
  assert.equal((await content.row()).carKey, null)
})

test('a CAR that becomes valid while one of an earlier generation is deleted from its key is known, and not restored', {
  timeout,
}, async () => {
  const content = await setUp('unpinned')
  const { cid } = await content.row()
  const carDeletionAt = new Date()
  await database.db.update(contents).set({ carDeletionAt }).where(eq(contents.cid, cid))
  await content.valid()
  const row = await content.row()
  assert.deepEqual([row.state, row.carKey, row.carDeletionAt], ['unpinned', 'bag/bag.car', carDeletionAt])
})

test('the reason of a failure is stored', { timeout }, async () => {
  const content = await setUp('pinning')
  await content.failed()
  const row = await content.row()
  assert.deepEqual([row.failureCode, row.failureMessage, row.missingCids], ['timed-out', 'late', ['m']])
})

test('a valid CAR that is heard of before the start stays pinned when the start comes', {
  timeout,
}, async () => {
  const content = await setUp('queued')
  await content.valid()
  await content.started()
  assert.equal((await content.row()).state, 'pinned')
})

test('a CAR that is heard to be indexed before it is heard to be valid keeps both', { timeout }, async () => {
  const content = await setUp('pinning')
  await content.indexed()
  assert.equal((await content.row()).state, 'pinning')
  await content.valid()
  const row = await content.row()
  assert.equal(row.state, 'pinned')
  assert.equal(row.indexedAt?.toISOString(), at)
})

test('a CAR that was announced nowhere has no time of it', { timeout }, async () => {
  const content = await setUp('pinned')
  await content.indexed(2, false)
  const { indexedAt, bridgedAt } = await content.row()
  assert.deepEqual([indexedAt, bridgedAt?.toISOString()], [null, at])
})

test('attempts that are heard of in the wrong order show the highest', { timeout }, async () => {
  const content = await setUp('queued')
  await content.started(2, 3)
  await content.started(2, 1)
  assert.equal((await content.row()).attempts, 3)
})

test('an event of a content that nobody knows changes nothing', { timeout }, async () => {
  await changes.started({ cid: 'unknown', generation: 1, attempt: 1, worker: 'w' })
  assert.equal((await database.db.select().from(contents).where(eq(contents.cid, 'unknown'))).length, 0)
})
