import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { addBytes, deadCid } from './content.ts'
import { eventsHandled, startsOf } from './messages.ts'
import type { Pipeline } from './pipeline.ts'
import { connectProducer, pinRequestBody } from './producer.ts'
import { jobOf } from './stored.ts'
import { type Bench, pinNew, startBench, startFetcher, startHeldFetcher } from './two-fetchers.ts'

const timeout = 180_000

let bench: Bench
let pipeline: Pipeline
before(async () => {
  bench = await startBench({ services: ['status', 'indexer-bridge', 'validator', 'gateway'] })
  pipeline = bench.pipeline
})
after(() => bench[Symbol.asyncDispose]())

/** How many of these contents are in each state. */
async function statesOf(cids: readonly string[]): Promise<Record<string, number>> {
  const { rows } = await pipeline.database.query(
    'select state, count(*)::integer as count from contents where cid = any($1) group by state',
    [cids],
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

describe('dead CIDs', () => {
  test('that were queued before good ones are still being looked for when all good ones are pinned', {
    timeout,
  }, async () => {
    const dead = Array.from({ length: 150 }, deadCid)
    for (const cid of dead) await pipeline.client.pin(cid)
    const good: string[] = []
    for (let i = 0; i < 10; i++) good.push(await pinNew(bench, 10_000))
    await using _fetcher = await startFetcher(pipeline, pipeline.kubo, {
      LOCATE_CONCURRENCY: '40',
      LOCATE_LONG_CONCURRENCY: '20',
      LOCATE_FIRST_TIMEOUT_MS: '200',
      LOCATE_TIMEOUT_MS: '30000',
      RETRY_MIN_MS: '3000',
      RETRY_MAX_MS: '60000',
    })
    const allPinned = async () => assert.deepEqual(await statesOf(good), { pinned: 10 })
    await pollUntil(allPinned, { what: 'the good pins', timeoutMs: 120_000 })
    // Twenty of them may have been looked for in full by now, if the machine is slow; nothing has failed for good.
    assert.equal((await statesOf(dead))['failed'] ?? 0, 0)
    for (const cid of dead) await pipeline.client.unpin(cid)
  })

  test('that were put off are the same attempt until they were looked for in full', { timeout }, async () => {
    const dead = Array.from({ length: 6 }, deadCid)
    for (const cid of dead) await pipeline.client.pin(cid)
    await using _fetcher = await startFetcher(pipeline, pipeline.kubo, {
      LOCATE_CONCURRENCY: '6',
      LOCATE_LONG_CONCURRENCY: '1',
      LOCATE_FIRST_TIMEOUT_MS: '50',
      LOCATE_TIMEOUT_MS: '400',
      FAILURE_LIMIT: '2',
    })
    for (const cid of dead) {
      const { status, failure, attempts } = await pipeline.client.settled(cid)
      assert.deepEqual([status, failure?.code, attempts], ['pin_error', 'not-found', 2])
      const job = await jobOf(pipeline, cid, 'fetch')
      assert.deepEqual([job?.attempts, job?.failures], [2, 2])
      const attemptsTold = new Set((await startsOf(pipeline, cid)).map(({ attempt }) => attempt))
      assert.deepEqual(attemptsTold, new Set([1, 2]))
    }
  })

  test('do not hide one that is slow to come: it is found when it is its turn', { timeout }, async () => {
    const bytes = randomBytes(1_000)
    const late = await addBytes(bench.provider, bytes, 'cid-version=1&only-hash=true')
    const dead = Array.from({ length: 10 }, deadCid)
    for (const cid of [...dead, late]) await pipeline.client.pin(cid, { origins: bench.provider.multiaddrs })
    await using fetcher = await startFetcher(pipeline, pipeline.kubo, {
      LOCATE_CONCURRENCY: '4',
      LOCATE_LONG_CONCURRENCY: '1',
      LOCATE_FIRST_TIMEOUT_MS: '50',
      LOCATE_TIMEOUT_MS: '1000',
      RETRY_MIN_MS: '2000',
      RETRY_MAX_MS: '4000',
      FAILURE_LIMIT: '100',
    })
    await fetcher.logged(new RegExp(`"${late}.1.requested".*job postponed`))
    await addBytes(bench.provider, bytes, 'cid-version=1&pin=false')
    const { status, error } = await pipeline.client.settled(late)
    assert.equal(status, 'pinned', error)
    for (const cid of dead) await pipeline.client.unpin(cid)
  })
})

describe('many pins of one account', () => {
  /** Pins for `account` what only the provider has, as an internal producer. */
  async function pinAs(producer: Awaited<ReturnType<typeof connectProducer>>, account: string) {
    const cid = await addBytes(bench.provider, randomBytes(5_000), 'cid-version=1&pin=false')
    const { multiaddrs: origins } = bench.provider
    await producer.publish(pinRequestBody(`${account}-${cid}`, { cid, origins, account }))
    return cid
  }

  test('do not keep that of another waiting, be they more than may wait', { timeout }, async () => {
    await using producer = await connectProducer(pipeline)
    // One transfer at a time, and the first one stands still until all jobs have come.
    await using held = await startHeldFetcher(pipeline, pipeline.kubo, 1_000, {
      BATCH_SIZE: '1',
      FETCH_CHUNK_TIMEOUT_MS: '600000',
      LOCATE_CONCURRENCY: '16',
      RETRY_MIN_MS: '3000',
      RETRY_MAX_MS: '10000',
    })
    const many: string[] = []
    for (let i = 0; i < 40; i++) many.push(await pinAs(producer, 'many'))
    await held.gate.reached
    const single = await pinAs(producer, 'single')
    const wasTaken = async () => assert.equal((await startsOf(pipeline, single)).length, 1)
    await pollUntil(wasTaken, { what: 'the job of the other account', timeoutMs: 60_000 })
    const waits = async () => assert.equal((await jobOf(pipeline, single, 'fetch'))?.result, null)
    await waits()
    held.gate.open()
    const pinned = async () => assert.deepEqual(await statesOf([single]), { pinned: 1 })
    await pollUntil(pinned, { what: 'the single pin', timeoutMs: 60_000, intervalMs: 10 })
    const { pinned: before = 0 } = await statesOf(many)
    assert.ok(before < 20, `${before} of the other account were pinned before`)
    const all = async () => assert.deepEqual(await statesOf(many), { pinned: 40 })
    await pollUntil(all, { what: 'all pins', timeoutMs: 60_000 })
    await eventsHandled(pipeline)
    const { rows } = await pipeline.database.query(
      'select sum(failures)::integer as failures from jobs where cid = any($1)',
      [[...many, single]],
    )
    assert.equal(rows[0].failures, 0)
  })
})
