import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { buildTree } from '#libs/car/testing/build-car.ts'
import { pinCancelled } from '#libs/events/index.ts'
import { startFaultProxy } from '#libs/storage/testing/fault-proxy.ts'
import { addBlocks, addBytes } from './content.ts'
import { deadLettersOf } from './dead-letters.ts'
import { again } from './event-copies.ts'
import { createGate } from './gate.ts'
import { nothingIsLeft } from './leftovers.ts'
import { startLoneService } from './lone-service.ts'
import { allHandled, publishByHand, started, startsOf } from './messages.ts'
import type { Pipeline } from './pipeline.ts'
import { connectProducer, pinnedRows, pinRequestBody } from './producer.ts'
import { jobOf, storedCars } from './stored.ts'
import { type Bench, pinNew, startBench, startFetcher, startHeldFetcher } from './two-fetchers.ts'

const mebibyte = 1024 ** 2
const timeout = 60_000
/** Longer than any test: what ends in time was ended by the event, and by nothing that finds it later. */
const byEventOnly = { HEARTBEAT_MS: '3600000', LEASE_MS: '3600000' }

let bench: Bench
let pipeline: Pipeline
before(async () => {
  bench = await startBench({
    services: ['status', 'indexer-bridge', 'validator', 'gateway'],
    settings: { ...byEventOnly, EXPIRY_INTERVAL_MS: '100', UNPINNED_CAR_TTL_DAYS: 'never' },
    ackWaitMs: 3_600_000,
  })
  pipeline = bench.pipeline
})
after(() => bench[Symbol.asyncDispose]())

/** Nothing of the work on a CID is left, and nothing tells of a failure. */
async function endedCleanly(cid: string): Promise<void> {
  await allHandled(pipeline)
  await nothingIsLeft(pipeline)
  assert.equal((await pipeline.client.status(cid)).status, 'unpinned')
  const { rows } = await pipeline.database.query('select failures from jobs where cid = $1', [cid])
  assert.ok(rows.every(({ failures }) => failures === 0))
  assert.deepEqual(await deadLettersOf(pipeline), [])
}

/** Unpins, waits for the clean end, and gives the time that both took together. */
async function unpinTimed(t: { diagnostic: (text: string) => void }, cid: string): Promise<number> {
  const from = performance.now()
  assert.equal(await pipeline.client.unpin(cid), 200)
  await endedCleanly(cid)
  const tookMs = performance.now() - from
  t.diagnostic(`from the request to an empty store: ${Math.round(tookMs)} ms`)
  return tookMs
}

/** A DAG whose last leaf nobody has: its transfer goes on until it is stopped. */
async function pinStalling(seed: number, leaves = 40): Promise<string> {
  const { root, blocks } = buildTree({ leaves, leafBytes: 200_000, seed })
  const cid = await addBlocks(bench.provider, { root, blocks: blocks.slice(0, -1) })
  await pipeline.client.pin(cid, { origins: bench.provider.multiaddrs })
  const hasBegun = ({ progress }: { progress?: { car_bytes: number } }) =>
    (progress?.car_bytes ?? 0) > 100_000
  await pipeline.client.settled(cid, { until: hasBegun })
  return cid
}

describe('a fetch that is unpinned', () => {
  test('while its transfer has stalled ends within two seconds and leaves nothing', { timeout }, async t => {
    await using fetcher = await startFetcher(pipeline, pipeline.kubo)
    const cid = await pinStalling(1)
    assert.ok((await unpinTimed(t, cid)) < 2_000)
    await fetcher.logged(/job cancelled/)
    assert.equal(await pipeline.client.unpin(cid), 404)
  })

  test('in the middle of a large transfer ends within two seconds and leaves nothing', {
    timeout,
  }, async t => {
    await using victim = await startHeldFetcher(pipeline, pipeline.kubo, 60 * mebibyte)
    const cid = await pinNew(bench, 64 * mebibyte)
    await victim.gate.reached
    const uploads = () => Array.fromAsync(pipeline.storage.listOpenUploads(pipeline.buckets.staging, ''))
    const probe = async () => assert.equal((await uploads()).length, 1)
    await pollUntil(probe, { what: 'a part in the store', timeoutMs: 10_000 })
    assert.ok((await unpinTimed(t, cid)) < 2_000)
  })

  test('while it looks for its root ends within two seconds', { timeout }, async t => {
    await using _fetcher = await startFetcher(pipeline, pipeline.kubo, { LOCATE_TIMEOUT_MS: '3600000' })
    const cid = await addBytes(pipeline.kubo, randomBytes(100), 'cid-version=1&only-hash=true')
    await pipeline.client.pin(cid)
    await started(pipeline, cid, 1)
    assert.ok((await unpinTimed(t, cid)) < 2_000)
  })

  test('before anybody took it is not begun', { timeout }, async () => {
    const cid = await pinNew(bench, 10_000)
    assert.equal(await pipeline.client.unpin(cid), 200)
    await using _fetcher = await startFetcher(pipeline, pipeline.kubo)
    await endedCleanly(cid)
    assert.deepEqual(await startsOf(pipeline, cid), [])
  })

  test('and pinned again at once ends pinned, also when the old cancel comes once more', {
    timeout,
  }, async () => {
    await using fetcher = await startFetcher(pipeline, pipeline.kubo, { LOCATE_CONCURRENCY: '4' })
    const { root, blocks } = buildTree({ leaves: 20, leafBytes: 100_000, seed: 5 })
    const cid = await addBlocks(bench.provider, { root, blocks: blocks.slice(0, -1) })
    const { client } = pipeline
    for (let round = 1; round <= 5; round++) {
      await client.pin(cid, { origins: bench.provider.multiaddrs })
      await client.settled(cid, { until: ({ progress }) => (progress?.car_bytes ?? 0) > 100_000 })
      assert.equal(await client.unpin(cid), 200)
    }
    await client.pin(cid, { origins: bench.provider.multiaddrs })
    const data = { cid, generation: 5 }
    await publishByHand(pipeline, pinCancelled, { ...again(`${cid}.5.cancelled`), data })
    await addBlocks(bench.provider, { root, blocks })
    const end = await client.settled(cid)
    assert.equal(end.status, 'pinned', end.error)
    await fetcher.logged(/job cancelled/)
    await allHandled(pipeline)
    await nothingIsLeft(pipeline)
  })

  test('goes on when a pin of another API wants the same content', { timeout }, async () => {
    await using producer = await connectProducer(pipeline)
    await using held = await startHeldFetcher(pipeline, pipeline.kubo, 5_000, { LOCATE_CONCURRENCY: '2' })
    const cid = await pinNew(bench, 10_000)
    await held.gate.reached
    await producer.publish(pinRequestBody('another', { cid }))
    const probe = async () => assert.equal(await pinCount(cid), 2)
    await pollUntil(probe, { what: 'the second pin', timeoutMs: 10_000 })
    assert.equal(await pipeline.client.unpin(cid), 200)
    held.gate.open()
    const [row] = await pinnedRows(pipeline, cid)
    assert.deepEqual([row?.api, row?.state], ['nats', 'pinned'])
    assert.equal((await jobOf(pipeline, cid, 'fetch'))?.attempts, 1)
  })

  test('is found by the next heartbeat when the event was missed', { timeout }, async () => {
    await using fetcher = await startFetcher(pipeline, pipeline.kubo, { HEARTBEAT_MS: '300' })
    const cid = await pinStalling(7)
    // What `DELETE /pins/{cid}` writes, without its event.
    await pipeline.database.query('delete from pins where cid = $1', [cid])
    await pipeline.database.query(`update contents set state = 'unpinned' where cid = $1`, [cid])
    await fetcher.logged(/job cancelled/)
    await endedCleanly(cid)
  })

  test('by its expiry ends like any other', { timeout }, async () => {
    await using fetcher = await startFetcher(pipeline, pipeline.kubo)
    const cid = await pinStalling(8)
    await pipeline.database.query('update pins set expires_at = now() where cid = $1', [cid])
    await pipeline.logged('status', /expired pins removed/)
    await fetcher.logged(/job cancelled/)
    await endedCleanly(cid)
  })
})

const pinCount = async (cid: string): Promise<number> => {
  const { rows } = await pipeline.database.query('select count(*)::integer from pins where cid = $1', [cid])
  return rows[0].count
}

describe('a check that is unpinned', () => {
  for (const { when, operation, copied } of [
    { when: 'while it reads the CAR', operation: 'GetObject', copied: false },
    { when: 'while the store copies the CAR', operation: 'CopyObject', copied: true },
  ])
    test(`${when} ${copied ? 'ends, and its CAR is known' : 'ends at once, without a CAR'}`, {
      timeout,
    }, async () => {
      await pipeline.children.validator.stop()
      const gate = createGate()
      await using _fetcher = await startFetcher(pipeline, pipeline.kubo)
      await using proxy = await startFaultProxy(pipeline.servers.s3.endpoint, call =>
        call.operation === operation ? { kind: 'hold', until: gate.pass() } : undefined,
      )
      const storedBefore = (await storedCars(pipeline)).length
      await using validator = await startLoneService(pipeline, 'validator', {
        AWS_ENDPOINT_URL_S3: proxy.endpoint,
      })
      const cid = await pinNew(bench, 10_000)
      await gate.reached
      assert.equal(await pipeline.client.unpin(cid), 200)
      if (copied) gate.open()
      else await validator.logged(/job cancelled/)
      await endedCleanly(cid)
      const stored = (await storedCars(pipeline)).length - storedBefore
      const { rows } = await pipeline.database.query('select car_key from contents where cid = $1', [cid])
      assert.deepEqual([stored, rows[0].car_key !== null], copied ? [1, true] : [0, false])
    })
})
