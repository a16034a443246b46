import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { jetstreamManager } from '@nats-io/jetstream'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { addBytes, deadCid } from './content.ts'
import { deadLettersOf } from './dead-letters.ts'
import { receiveAnnouncements } from './indexer-queue.ts'
import { nothingIsLeft } from './leftovers.ts'
import { allHandled } from './messages.ts'
import { type Pipeline, type ServiceName, startPipeline } from './pipeline.ts'
import { storedCars } from './stored.ts'

let pipeline: Pipeline
let provider: RunningKubo
before(async () => {
  pipeline = await startPipeline({
    ownNats: true,
    settings: {
      RECONCILE_INTERVAL_MS: '200',
      // Longer than an ack wait and a retry of this pipeline.
      RECONCILE_AFTER_MS: '4000',
      LOCATE_CONCURRENCY: '6',
      BATCH_SIZE: '3',
    },
  })
  provider = await pipeline.startNode('provider')
})
after(() => pipeline[Symbol.asyncDispose]())

const remove = (storeDir: string) => rm(storeDir, { recursive: true })

/** JetStream with what `change` leaves of it, and with streams and consumers. */
async function restartNats(change: (storeDir: string) => Promise<void>): Promise<void> {
  await pipeline.ownNats?.restart(change)
  await pipeline.prepare()
}

async function pinNew(): Promise<string> {
  const cid = await addBytes(provider, randomBytes(2_000), 'cid-version=1&pin=false')
  await pipeline.client.pin(cid, { origins: provider.multiaddrs })
  return cid
}

const pinSome = (count: number) => Promise.all(Array.from({ length: count }, pinNew))

/** Each is pinned by one transfer that succeeded, stored once, and told to the indexer; nothing was given up. */
async function assertAllKept(cids: readonly string[]): Promise<void> {
  const { client, database } = pipeline
  for (const cid of cids) {
    const { status, error } = await client.settled(cid, { timeoutMs: 90_000 })
    assert.equal(status, 'pinned', error)
  }
  await allHandled(pipeline)
  const probe = async () => {
    const waiting = 'select cid from contents where bridged_at is null and cid = any($1)'
    const { rows } = await database.query(waiting, [cids])
    assert.deepEqual(rows, [])
  }
  await pollUntil(probe, { what: 'the report of the indexer bridge', timeoutMs: 20_000 })
  const announced = new Set(await receiveAnnouncements(pipeline, cids.length))
  assert.equal(announced.size, cids.length)
  const { rows } = await database.query('select cid from jobs where failures > 0 and cid = any($1)', [cids])
  assert.deepEqual(rows, [])
  assert.deepEqual(await deadLettersOf(pipeline), [])
  await nothingIsLeft(pipeline)
}

const waitingFor = async (consumer: ServiceName, stream: string): Promise<number> => {
  const { consumers } = await jetstreamManager(pipeline.admin)
  return (await consumers.info(`${pipeline.prefix}_${stream}`, consumer)).num_pending
}

describe('the directory of JetStream is deleted', { timeout: 300_000 }, () => {
  let stopped: ServiceName | undefined
  afterEach(async () => {
    if (stopped) pipeline.children[stopped] = await pipeline.startService(stopped)
    stopped = undefined
  })

  for (const [service, stream, waiting] of [
    ['fetcher', 'PIN_JOBS', 'jobs'],
    ['validator', 'PIN_JOBS', 'fetched CARs'],
    ['status', 'PIN_EVENTS', 'proven CARs'],
    ['indexer-bridge', 'PIN_EVENTS', 'CARs to tell the indexer of'],
  ] as const)
    test(`while ${waiting} wait: no pin is lost`, { timeout: 120_000 }, async () => {
      await pipeline.children[service].stop()
      const cids = await pinSome(3)
      // Of each content status waits for the event that it started, too.
      const events = service === 'status' ? 6 : 3
      const probe = async () => assert.ok((await waitingFor(service, stream)) >= events)
      await pollUntil(probe, { what: `${events} messages for ${service}`, timeoutMs: 30_000 })
      await restartNats(remove)
      pipeline.children[service] = await pipeline.startService(service)
      await assertAllKept(cids)
      if (stream === 'PIN_JOBS')
        await pipeline.logged('status', /contents without a message in NATS put on their way again/)
    })

  test('under load: no pin is lost, and pins are accepted all the time', { timeout: 180_000 }, async () => {
    const carsBefore = (await storedCars(pipeline)).length
    const cids = await pinSome(40)
    await pipeline.client.settled(cids[5] ?? '')
    const restarting = restartNats(remove)
    cids.push(...(await pinSome(10)))
    await restarting
    cids.push(...(await pinSome(10)))
    await assertAllKept(cids)
    assert.equal((await storedCars(pipeline)).length - carsBefore, cids.length)
  })

  test('progress is shown again', { timeout: 120_000 }, async () => {
    await restartNats(remove)
    const nobodyHasIt = deadCid()
    const probe = async () => {
      const { status, progress } = await pipeline.client.status(nobodyHasIt)
      if (status === 'unpinned' || status === 'pin_error') await pipeline.client.pin(nobodyHasIt)
      assert.equal(progress?.phase, 'locating')
    }
    // A pull that the emptied server knows nothing of ends when two heartbeats were missed, after 30 s.
    await pollUntil(probe, { what: 'the phase of a job', timeoutMs: 90_000 })
    await pipeline.client.unpin(nobodyHasIt)
  })

  test('status is not ready, and says why, until the streams are there again', {
    timeout: 60_000,
  }, async () => {
    await pipeline.ownNats?.restart(remove)
    await pipeline.logged('status', /run deploy\/provision.ts/)
    const { HEALTH_PORT } = pipeline.serviceSpec('status').env
    const ready = await fetch(`http://127.0.0.1:${HEALTH_PORT}/health/ready`)
    assert.equal(ready.status, 503)
    assert.match(await ready.text(), /"streams":"NATS has no consumer/)
    const cids = await pinSome(2)
    await pipeline.prepare()
    await assertAllKept(cids)
    await pipeline.serviceSpec('status').probe()
  })
})

test('the server comes back with an old copy of its directory: no pin is lost', {
  timeout: 180_000,
}, async () => {
  const copy = join(pipeline.folder, 'copy')
  const cids = await pinSome(20)
  await pipeline.client.settled(cids[2] ?? '')
  await restartNats(storeDir => cp(storeDir, copy, { recursive: true }))
  cids.push(...(await pinSome(20)))
  await pipeline.client.settled(cids[22] ?? '')
  await restartNats(async storeDir => {
    await remove(storeDir)
    await cp(copy, storeDir, { recursive: true })
  })
  cids.push(...(await pinSome(5)))
  await assertAllKept(cids)
})
