import assert from 'node:assert/strict'
import { afterEach, before, test } from 'node:test'
import { eq } from './drizzle.ts'
import { type Deliveries, repeatQuietContents } from './quiet-contents.ts'
import { contents, jobs, outbox, type Step } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

const timeout = 20_000
const quietMs = 60_000
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
const staged = {
  staging: { bucket: 'staging', key: 'x/1-1.car' },
  carCid: 'bag',
  sizeBytes: 1,
  blocks: 1,
  dagBytes: 1,
}
/** An old stream, from which everything was delivered. */
const drained = { streamMadeAt: new Date(0), deliveredBefore: new Date(Date.now() + 3_600_000) }
const allDrained: Deliveries = { fetcher: drained, validator: drained, status: drained }

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
  return () => database[Symbol.asyncDispose]()
})
afterEach(async () => {
  await database.db.update(contents).set({ state: 'unpinned' })
  await database.db.delete(outbox)
})

/** A content whose message has left the outbox, and that last changed then. */
async function waiting(cid: string, changedAt: Date, state: 'queued' | 'pinning' = 'queued'): Promise<void> {
  await stored.accept(cid)
  await stored.setState(cid, state, { changedAt, queuedAt: changedAt })
  await database.db.delete(outbox)
}

const job = (cid: string, step: Step, leaseUntil: Date, result?: object) =>
  database.db.insert(jobs).values({
    cid,
    step,
    generation: 1,
    leaseOwner: 'w',
    leaseEpoch: 1,
    leaseUntil,
    attempts: 1,
    ...(result ? { result } : {}),
  })

const repeat = (deliveries: Partial<Deliveries> = {}, limit = 10) =>
  repeatQuietContents(database.db, { deliveries: { ...allDrained, ...deliveries }, quietMs, limit })
const sent = async () => (await database.db.select({ id: outbox.id }).from(outbox)).map(({ id }) => id).sort()

test('a job that was delivered and never heard of again is sent again, once', { timeout }, async () => {
  await waiting('silent', ago(5))
  assert.equal(await repeat(), 1)
  assert.deepEqual(await sent(), ['silent.1.requested'])
  assert.equal(await repeat(), 0)
})

test('one that was heard of a moment ago is left alone', { timeout }, async () => {
  await waiting('recent', ago(0))
  await waiting('retried', ago(5), 'pinning')
  await job('retried', 'fetch', ago(0))
  assert.equal(await repeat(), 0)
})

test('one that waits in the stream is left alone, however long it waits', { timeout }, async () => {
  await waiting('in line', ago(500))
  const fetcher = { ...drained, deliveredBefore: ago(600) }
  assert.equal(await repeat({ fetcher }), 0)
})

test('a job that a live worker holds is left alone, whatever became of the stream', { timeout }, async () => {
  await waiting('held', ago(500), 'pinning')
  await job('held', 'fetch', ago(-1))
  assert.equal(await repeat({ fetcher: { ...drained, streamMadeAt: ago(1) } }), 0)
})

test('what is older than its stream is lost, and is sent again at once', { timeout }, async () => {
  await waiting('lost', ago(0.5))
  await waiting('kept', ago(0))
  const fetcher = { streamMadeAt: ago(0.2), deliveredBefore: ago(0.1) }
  assert.equal(await repeat({ fetcher }), 1)
  assert.deepEqual(await sent(), ['lost.1.requested'])
})

test('a content that was fetched goes to the validator again, not to a fetcher', { timeout }, async () => {
  await waiting('fetched', ago(60), 'pinning')
  await job('fetched', 'fetch', ago(5), staged)
  const waits = { ...drained, deliveredBefore: ago(30) }
  assert.equal(
    await repeat({ validator: waits }),
    0,
    'the message of the fetch was delivered, this one was not',
  )
  assert.equal(await repeat({ fetcher: waits }), 0, 'a quarter of the time that it took is waited for')
  await database.db
    .update(jobs)
    .set({ leaseUntil: ago(30) })
    .where(eq(jobs.cid, 'fetched'))
  assert.equal(await repeat({ fetcher: waits }), 1)
  const [row] = await database.db.select().from(outbox)
  assert.equal(row?.subject, 'car.uploaded')
  assert.deepEqual(JSON.parse(row?.body ?? '').data, { cid: 'fetched', generation: 1, ...staged })
})

test('a content that was checked is told by its validator again, once status has read what there is', {
  timeout,
}, async () => {
  await waiting('checked', ago(30), 'pinning')
  await job('checked', 'fetch', ago(29), staged)
  await job('checked', 'validate', ago(28), { carCid: 'bag' })
  assert.equal(await repeat({ status: { ...drained, deliveredBefore: ago(29) } }), 0)
  assert.equal(await repeat(), 1)
  assert.deepEqual(await sent(), ['checked.1.uploaded'])
})

test('results of an older generation count for nothing', { timeout }, async () => {
  await waiting('newer', ago(30))
  await job('newer', 'fetch', ago(29), staged)
  await database.db.update(contents).set({ generation: 2 }).where(eq(contents.cid, 'newer'))
  assert.equal(await repeat(), 1)
  assert.deepEqual(await sent(), ['newer.2.requested'])
})

test('contents that are final are left alone', { timeout }, async () => {
  for (const state of ['pinned', 'failed', 'unpinned'] as const) {
    await waiting(state, ago(60))
    await stored.setState(state, state, { changedAt: ago(60) })
  }
  assert.equal(await repeat(), 0)
})

test('a message that is in the outbox still is not sent twice', { timeout }, async () => {
  await stored.accept('outbox')
  await stored.setState('outbox', 'queued', { changedAt: ago(60), queuedAt: ago(60) })
  await repeat()
  assert.deepEqual(await sent(), ['outbox.1.requested'])
})

test('several processes send each content once, in batches', { timeout }, async () => {
  const cids = Array.from({ length: 25 }, (_, i) => `many-${i}`)
  for (const cid of cids) await waiting(cid, ago(60))
  const untilDone = async () => {
    let total = 0
    for (let some = await repeat(); some > 0; some = await repeat()) total += some
    return total
  }
  const totals = await Promise.all([untilDone(), untilDone()])
  assert.equal(totals[0] + totals[1], 25)
  assert.equal((await sent()).length, 25)
})
