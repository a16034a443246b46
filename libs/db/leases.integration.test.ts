import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { eq } from './drizzle.ts'
import { type Lease, leasesOf } from './leases.ts'
import { type ContentState, contentStates, contents, jobs } from './schema.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const failure = { code: 'stalled' as const, message: 'nothing came', missingCids: [] }
const outage = { ...failure, code: 'storage-unavailable' as const }
const lost = { name: 'LeaseLostError' }
let count = 0

/** A content of its own, with two workers that want to fetch it. Their leases last `leaseMs`. */
async function setUp({ leaseMs = 60_000, state = 'queued' as ContentState } = {}) {
  const { db } = database
  const cid = `cid-${count++}`
  await db.insert(contents).values({ cid, generation: 1, state, carCid: 'bagb' })
  const ours = leasesOf(db, { owner: 'ours', leaseMs })
  const theirs = leasesOf(db, { owner: 'theirs', leaseMs })
  const change = (values: Partial<typeof contents.$inferInsert>) =>
    db.update(contents).set(values).where(eq(contents.cid, cid))
  const row = async () => (await db.select().from(jobs).where(eq(jobs.cid, cid)))[0]
  const job = (generation = 1) => ({ cid, generation, step: 'fetch' as const })
  return { ours, theirs, change, row, job }
}
type Worker = Awaited<ReturnType<typeof setUp>>['ours']
type JobOfTest = Parameters<Worker['claim']>[0]

async function leaseOf(worker: Worker, job: JobOfTest): Promise<Lease> {
  const claim = await worker.claim(job)
  assert.equal(claim.kind, 'leased')
  return claim.lease
}
/** The lease that follows once the one before has run out. */
const nextLease = (worker: Worker, job: JobOfTest) =>
  pollUntil(() => leaseOf(worker, job), { what: 'the end of the lease', timeoutMs: 10_000, intervalMs: 10 })

for (const state of contentStates) {
  const expected = state === 'queued' || state === 'pinning' ? 'leased' : 'obsolete'
  test(`a job of a content that is ${state} is ${expected}`, { timeout }, async () => {
    const { ours, job } = await setUp({ state })
    assert.equal((await ours.claim(job())).kind, expected)
  })

  test(`a stored result of a content that is ${state} is ${expected === 'leased' ? 'done' : expected}`, {
    timeout,
  }, async () => {
    const { ours, theirs, change, job } = await setUp()
    await ours.complete(await leaseOf(ours, job()), { key: 'value' })
    await change({ state })
    assert.deepEqual(
      await theirs.claim(job()),
      expected === 'leased' ? { kind: 'done', result: { key: 'value' } } : { kind: 'obsolete' },
    )
  })
}

test('a job of a content, or of a generation, that nobody asked for is unknown', { timeout }, async () => {
  const { ours, job } = await setUp()
  assert.deepEqual(await ours.claim({ cid: 'unknown', generation: 1, step: 'fetch' }), { kind: 'unknown' })
  assert.deepEqual(await ours.claim(job(2)), { kind: 'unknown' })
})

test('a job of an older generation than the content has is obsolete', { timeout }, async () => {
  const { ours, change, job } = await setUp()
  await change({ generation: 2 })
  assert.deepEqual(await ours.claim(job(1)), { kind: 'obsolete' })
  assert.equal((await ours.claim(job(2))).kind, 'leased')
})

test('a job that a live worker has is held, for that worker too', { timeout }, async () => {
  const { ours, theirs, job } = await setUp()
  await leaseOf(ours, job())
  assert.deepEqual(await theirs.claim(job()), { kind: 'held' })
  assert.deepEqual(await ours.claim(job()), { kind: 'held' })
})

test('fetch and validate of one content are leased apart', { timeout }, async () => {
  const { ours, theirs, job } = await setUp()
  await leaseOf(ours, job())
  assert.equal((await theirs.claim({ ...job(), step: 'validate' })).kind, 'leased')
})

test('of twenty workers that claim at once one gets the lease', { timeout }, async () => {
  const { ours, job } = await setUp()
  const claims = await Promise.all(Array.from({ length: 20 }, () => ours.claim(job())))
  assert.equal(claims.filter(({ kind }) => kind === 'leased').length, 1)
  assert.equal(claims.filter(({ kind }) => kind === 'held').length, 19)
})

test('a lease that ran out goes to the next worker with a higher epoch', { timeout }, async () => {
  const { ours, theirs, row, job } = await setUp({ leaseMs: 50 })
  const first = await leaseOf(ours, job())
  const second = await nextLease(theirs, job())
  assert.deepEqual([first.epoch, first.attempt, second.epoch, second.attempt], [1, 1, 2, 2])
  assert.equal((await row())?.leaseOwner, 'theirs')
})

test('a worker that lost its lease can neither complete, fail nor release the job', { timeout }, async () => {
  const { ours, theirs, row, job } = await setUp({ leaseMs: 50 })
  const old = await leaseOf(ours, job())
  await nextLease(theirs, job())
  const before = await row()
  await assert.rejects(ours.complete(old, {}), lost)
  await assert.rejects(ours.fail(old, failure), lost)
  await ours.release(old)
  assert.deepEqual(await row(), before)
})

test('a new generation takes the job from the worker that still fetches the old one', {
  timeout,
}, async () => {
  const { ours, theirs, change, job } = await setUp()
  const old = await leaseOf(ours, job(1))
  await ours.fail(old, failure)
  const again = await leaseOf(ours, job(1))
  await change({ generation: 2 })
  const renewed = await leaseOf(theirs, job(2))
  assert.ok(renewed.epoch > again.epoch)
  await assert.rejects(ours.complete(again, {}), lost)
  assert.deepEqual(await ours.renew([again]), { lost: [again], unwanted: [] })
})

test('a new generation starts without the result, attempts and failures of the old one', {
  timeout,
}, async () => {
  const { ours, change, job } = await setUp()
  assert.equal(await ours.fail(await leaseOf(ours, job()), failure), 1)
  assert.equal(await ours.fail(await leaseOf(ours, job()), outage), 1)
  await ours.complete(await leaseOf(ours, job()), { stale: true })
  await change({ generation: 2 })
  const lease = await leaseOf(ours, job(2))
  assert.equal(lease.attempt, 1)
  assert.equal(await ours.fail(lease, outage), 1)
  assert.equal(await ours.fail(await leaseOf(ours, job(2)), failure), 1)
})

test('failures add up over the attempts of a generation, with the last reason', { timeout }, async () => {
  const { ours, theirs, row, job } = await setUp()
  assert.equal(await ours.fail(await leaseOf(ours, job()), failure), 1)
  const second = await leaseOf(theirs, job())
  assert.equal(second.attempt, 2)
  assert.equal(await theirs.fail(second, { ...failure, code: 'timed-out' }), 2)
  assert.equal((await row())?.lastError, 'timed-out: nothing came')
})

test('failures by an outage are counted apart, and neither kind as a lost worker', { timeout }, async () => {
  const { ours, row, job } = await setUp()
  assert.equal(await ours.fail(await leaseOf(ours, job()), failure), 1)
  assert.equal(await ours.fail(await leaseOf(ours, job()), outage), 1)
  assert.equal(await ours.fail(await leaseOf(ours, job()), { ...outage, code: 'source-unavailable' }), 2)
  const last = await leaseOf(ours, job())
  assert.deepEqual([last.attempt, last.unreported], [4, 0])
  assert.equal(await ours.fail(last, failure), 2)
  assert.deepEqual([(await row())?.failures, (await row())?.outages], [2, 2])
})

test('a released job is free at once and counts no failure', { timeout }, async () => {
  const { ours, theirs, row, job } = await setUp()
  for (const worker of Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? ours : theirs)))
    await worker.release(await leaseOf(worker, job()))
  assert.equal((await row())?.failures, 0)
  assert.equal((await leaseOf(ours, job())).unreported, 0)
})

test('only leases that ended by themselves count as unreported, and only in their generation', {
  timeout,
}, async () => {
  const { ours, theirs, change, job } = await setUp({ leaseMs: 50 })
  await ours.fail(await leaseOf(ours, job()), failure)
  await ours.release(await leaseOf(ours, job()))
  assert.equal((await leaseOf(ours, job())).unreported, 0)
  assert.equal((await nextLease(theirs, job())).unreported, 1)
  const third = await nextLease(ours, job())
  assert.equal(third.unreported, 2)
  await ours.release(third)
  await change({ generation: 2 })
  assert.equal((await leaseOf(ours, job(2))).unreported, 0)
})

test('renewing prolongs leases past their first end and names those that are lost', { timeout }, async () => {
  const short = await setUp({ leaseMs: 50 })
  const long = await setUp()
  const gone = await leaseOf(short.ours, short.job())
  await nextLease(short.theirs, short.job())
  const kept = await leaseOf(long.ours, long.job())
  const before = await long.row()
  assert.deepEqual(await long.ours.renew([gone, kept]), { lost: [gone], unwanted: [] })
  const after = await long.row()
  assert.ok((after?.leaseUntil ?? 0) > (before?.leaseUntil ?? 0))
  assert.deepEqual(await long.ours.renew([]), { lost: [], unwanted: [] })
})

for (const [what, change] of Object.entries({
  'was unpinned': { state: 'unpinned' as const },
  'has a newer generation': { generation: 2 },
  'ended otherwise': { state: 'pinned' as const },
})) {
  test(`renewing tells that a content ${what}, and keeps the lease for the clean-up`, {
    timeout,
  }, async () => {
    const { ours, theirs, change: changeContent, job } = await setUp()
    const other = await setUp()
    const lease = await leaseOf(ours, job())
    const wanted = await leaseOf(other.ours, other.job())
    await changeContent(change)
    assert.deepEqual(await ours.renew([lease, wanted]), { lost: [], unwanted: [lease] })
    assert.equal((await theirs.claim(job())).kind, 'obsolete')
  })
}

for (const end of ['complete', 'fail', 'release'] as const) {
  test(`a heartbeat that comes after ${end} does not hold the job again`, { timeout }, async () => {
    const { ours, theirs, job } = await setUp()
    const lease = await leaseOf(ours, job())
    if (end === 'complete') await ours.complete(lease, {})
    else if (end === 'fail') await ours.fail(lease, failure)
    else await ours.release(lease)
    assert.deepEqual(await ours.renew([lease]), { lost: [lease], unwanted: [] })
    assert.notEqual((await theirs.claim(job())).kind, 'held')
  })
}

test('a job that was postponed is the same attempt again, under a new epoch', { timeout }, async () => {
  const { ours, theirs, row, job } = await setUp()
  await ours.fail(await leaseOf(ours, job()), failure)
  const second = await leaseOf(ours, job())
  await ours.postpone(second)
  const third = await leaseOf(theirs, job())
  assert.deepEqual([second.attempt, third.attempt], [2, 2])
  assert.deepEqual([second.unreported, third.unreported], [0, 0])
  assert.equal(third.epoch, second.epoch + 1)
  await ours.postpone(second)
  assert.deepEqual([(await row())?.attempts, (await row())?.failures], [2, 1])
})
