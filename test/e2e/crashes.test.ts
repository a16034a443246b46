import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { startFaultProxy } from '#libs/storage/testing/fault-proxy.ts'
import { createClient } from './client.ts'
import { addBytes } from './content.ts'
import { deadLettersOf } from './dead-letters.ts'
import { createGate } from './gate.ts'
import { nothingIsLeft } from './leftovers.ts'
import { startLoneService } from './lone-service.ts'
import { allHandled, started, startsOf } from './messages.ts'
import type { Pipeline } from './pipeline.ts'
import { storedCars } from './stored.ts'
import { startTcpProxy } from './tcp-proxy.ts'
import { type Bench, pinNew, startBench, startFetcher, startHeldFetcher } from './two-fetchers.ts'

const mebibyte = 1024 ** 2

const openUploads = ({ storage, buckets }: Pipeline) =>
  Array.fromAsync(storage.listOpenUploads(buckets.staging, ''))

/** Pinned by one CAR, with nothing counted as a failure and nothing given up. */
async function assertPinnedCleanly(pipeline: Pipeline, cid: string): Promise<void> {
  const end = await pipeline.client.settled(cid)
  assert.equal(end.status, 'pinned', end.error)
  await allHandled(pipeline)
  const { rows } = await pipeline.database.query('select failures from jobs where cid = $1', [cid])
  assert.deepEqual(rows, [{ failures: 0 }, { failures: 0 }])
  assert.deepEqual(await deadLettersOf(pipeline), [])
  const stored = await pipeline.storage.head({
    bucket: end.receipt?.bucket ?? '',
    key: end.receipt?.key ?? '',
  })
  assert.equal(stored?.sizeBytes, end.receipt?.car_bytes)
}

describe('of several processes of a service', { timeout: 180_000 }, () => {
  let bench: Bench
  let pipeline: Pipeline
  before(async () => {
    bench = await startBench({ services: ['status', 'indexer-bridge', 'validator', 'gateway'] })
    pipeline = bench.pipeline
  })
  after(() => bench[Symbol.asyncDispose]())

  test('a fetcher takes over what a killed one held, and removes its upload', {
    timeout: 60_000,
  }, async () => {
    const storedBefore = (await storedCars(pipeline)).length
    await using victim = await startHeldFetcher(pipeline, bench.secondNode, 7 * mebibyte)
    const cid = await pinNew(bench, 8 * mebibyte)
    await victim.gate.reached
    const probe = async () => assert.equal((await openUploads(pipeline)).length, 1)
    await pollUntil(probe, { what: 'a part in the store', timeoutMs: 10_000 })
    await using _heir = await startFetcher(pipeline, pipeline.kubo)
    victim.fetcher.kill('SIGKILL')
    await victim.fetcher.ended
    await assert.rejects(fetch(`${victim.fetcher.url}/health/ready`))
    await assertPinnedCleanly(pipeline, cid)
    const [first, second] = await startsOf(pipeline, cid)
    assert.notEqual(first?.worker, second?.worker)
    assert.equal((await storedCars(pipeline)).length - storedBefore, 1)
    await nothingIsLeft(pipeline)
  })

  test('a fetcher that sleeps through the loss of its job wakes up, drops it and works on', {
    timeout: 60_000,
  }, async () => {
    const storedBefore = (await storedCars(pipeline)).length
    await using sleeper = await startHeldFetcher(pipeline, pipeline.kubo, 7 * mebibyte)
    const cid = await pinNew(bench, 8 * mebibyte)
    await sleeper.gate.reached
    sleeper.fetcher.kill('SIGSTOP')
    {
      await using _heir = await startFetcher(pipeline, bench.secondNode)
      await assertPinnedCleanly(pipeline, cid)
    }
    sleeper.fetcher.kill('SIGCONT')
    await sleeper.fetcher.logged(/lease lost/)
    await assertPinnedCleanly(pipeline, cid)
    assert.equal((await storedCars(pipeline)).length - storedBefore, 1)
    await nothingIsLeft(pipeline)

    const next = await pinNew(bench, 10_000)
    await assertPinnedCleanly(pipeline, next)
    const [own] = await startsOf(pipeline, cid)
    const [later] = await startsOf(pipeline, next)
    assert.equal(later?.worker, own?.worker)
  })

  test('a fetcher that finishes late, without knowing that it lost its job, leaves nothing', {
    timeout: 60_000,
  }, async () => {
    const storedBefore = (await storedCars(pipeline)).length
    const neverInThisTest = { HEARTBEAT_MS: '3600000' }
    await using late = await startHeldFetcher(pipeline, pipeline.kubo, 300, neverInThisTest)
    const cid = await pinNew(bench, 10_000)
    await late.gate.reached
    {
      await using _heir = await startFetcher(pipeline, bench.secondNode)
      await assertPinnedCleanly(pipeline, cid)
    }
    late.gate.open()
    await late.fetcher.logged(/the lease of fetch .* was lost/)
    await assertPinnedCleanly(pipeline, cid)
    assert.equal((await storedCars(pipeline)).length - storedBefore, 1)
    await nothingIsLeft(pipeline)
  })

  test('a CAR whose validator was killed after the copy, and that nobody wants by then, is known', {
    timeout: 60_000,
  }, async () => {
    await pipeline.children.validator.stop()
    const gate = createGate()
    await using _fetcher = await startFetcher(pipeline, pipeline.kubo)
    let copies = 0
    // The copy is made, but its answer is lost, and the repetition does not come through.
    await using proxy = await startFaultProxy(pipeline.servers.s3.endpoint, ({ operation }) => {
      if (operation !== 'CopyObject') return undefined
      return copies++ === 0 ? { kind: 'lose-answer' } : { kind: 'hold', until: gate.pass() }
    })
    const storedBefore = (await storedCars(pipeline)).length
    await using victim = await startLoneService(pipeline, 'validator', {
      AWS_ENDPOINT_URL_S3: proxy.endpoint,
    })
    const cid = await pinNew(bench, 10_000)
    await gate.reached
    victim.kill('SIGKILL')
    await victim.ended
    assert.equal(await pipeline.client.unpin(cid), 200)
    await using _heir = await startLoneService(pipeline, 'validator')
    await allHandled(pipeline)
    await nothingIsLeft(pipeline)
    assert.equal((await storedCars(pipeline)).length - storedBefore, 1)
    const { rows } = await pipeline.database.query(
      'select state, car_key is not null as known from contents where cid = $1',
      [cid],
    )
    assert.deepEqual(rows, [{ state: 'unpinned', known: true }])
  })

  for (const { when, operation, reached } of [
    { when: 'while it reads the CAR', operation: 'GetObject', reached: 'pinning' },
    { when: 'before it could empty staging', operation: 'DeleteObject', reached: 'pinned' },
  ])
    test(`a validator ends the work of one that was killed ${when}`, { timeout: 60_000 }, async () => {
      await pipeline.children.validator.stop()
      const gate = createGate()
      await using _fetcher = await startFetcher(pipeline, pipeline.kubo)
      await using proxy = await startFaultProxy(pipeline.servers.s3.endpoint, call =>
        call.operation === operation ? { kind: 'hold', until: gate.pass() } : undefined,
      )
      const storedBefore = (await storedCars(pipeline)).length
      await using victim = await startLoneService(pipeline, 'validator', {
        AWS_ENDPOINT_URL_S3: proxy.endpoint,
      })
      const cid = await pinNew(bench, 10_000)
      await gate.reached
      await pipeline.client.settled(cid, { until: ({ status }) => status === reached })
      victim.kill('SIGKILL')
      await victim.ended
      await using _heir = await startLoneService(pipeline, 'validator')
      await assertPinnedCleanly(pipeline, cid)
      assert.equal((await storedCars(pipeline)).length - storedBefore, 1)
      await nothingIsLeft(pipeline)
    })
})

describe('with an ack wait that no test waits for', { timeout: 120_000 }, () => {
  let bench: Bench
  let pipeline: Pipeline
  before(async () => {
    bench = await startBench({ services: ['status', 'indexer-bridge', 'validator'], ackWaitMs: 30_000 })
    pipeline = bench.pipeline
  })
  after(() => bench[Symbol.asyncDispose]())

  test('pins that a gateway accepted right before it was killed end pinned', {
    timeout: 60_000,
  }, async () => {
    // It publishes what lies in the outbox, too.
    await pipeline.children.status.stop()
    const natsUrl = new URL(pipeline.servers.nats.natsUrl)
    await using nats = await startTcpProxy({ port: Number(natsUrl.port) })
    natsUrl.port = String(nats.port)
    await using victim = await startLoneService(pipeline, 'gateway', { NATS_URL: natsUrl.href })
    const client = createClient({ url: victim.url, auth: 'user:secret' })
    nats.hold()
    const add = () => addBytes(bench.provider, randomBytes(1_000), 'cid-version=1&pin=false')
    const cids = await Promise.all(Array.from({ length: 5 }, add))
    await Promise.all(cids.map(cid => client.pin(cid, { origins: bench.provider.multiaddrs })))
    victim.kill('SIGKILL')
    await victim.ended
    const outbox = await pipeline.database.query('select count(*)::integer as rows from outbox')
    assert.deepEqual(outbox.rows, [{ rows: 5 }], 'no event has left')

    // What the dead process was about to publish is its own for half a minute. That time passes now.
    await pipeline.database.query('update outbox set claimed_until = now()')
    pipeline.children.status = await pipeline.startService('status')
    await pipeline.startService('gateway')
    await using _fetcher = await startFetcher(pipeline, pipeline.kubo)
    for (const cid of cids) await assertPinnedCleanly(pipeline, cid)
  })

  test('a fetcher that is told to stop hands its job on at once', { timeout: 60_000 }, async () => {
    await using leaver = await startHeldFetcher(pipeline, pipeline.kubo, 7 * mebibyte)
    const cid = await pinNew(bench, 8 * mebibyte)
    await leaver.gate.reached
    await using _heir = await startFetcher(pipeline, bench.secondNode)
    leaver.fetcher.kill('SIGTERM')
    const [first, second] = [await started(pipeline, cid, 1), await started(pipeline, cid, 2)]
    assert.notEqual(first.worker, second.worker)
    assert.deepEqual(await leaver.fetcher.ended, { code: 0, how: 'exit code 0' })
    await assertPinnedCleanly(pipeline, cid)
    await nothingIsLeft(pipeline)
  })

  describe('a service that is told to stop while it has nothing to do', {
    concurrency: true,
    timeout: 90_000,
  }, () => {
    for (const service of ['fetcher', 'validator', 'status', 'indexer-bridge', 'gateway'] as const)
      test(`ends at once: ${service}`, { timeout: 60_000 }, async () => {
        // Less than an open pull would take; who needs longer is ended by force, with another exit code.
        await using idle = await startLoneService(pipeline, service, { SHUTDOWN_TIMEOUT_MS: '10000' })
        idle.kill('SIGTERM')
        assert.deepEqual(await idle.ended, { code: 0, how: 'exit code 0' })
      })
  })
})
