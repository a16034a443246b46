import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { buildTree } from '#libs/car/testing/build-car.ts'
import {
  carIndexed,
  carUploaded,
  carValid,
  type DataOf,
  pinFailed,
  pinRequested,
  pinStarted,
} from '#libs/events/index.ts'
import { addBlocks } from './content.ts'
import { deadLettersOf } from './dead-letters.ts'
import { again, madeUpReceipt } from './event-copies.ts'
import { createGate } from './gate.ts'
import { receiveAnnouncements } from './indexer-queue.ts'
import { nothingIsLeft } from './leftovers.ts'
import { allHandled, eventsHandled, publishByHand, startsOf } from './messages.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { jobOf, storedCars } from './stored.ts'
import { startTamperingProxy, type Tamper, type TamperingProxy } from './tampering-proxy.ts'

let pipeline: Pipeline
let gateway: TamperingProxy
const plans = new Map<string, (nth: number) => Tamper | undefined>()

before(async () => {
  pipeline = await startPipeline({
    services: ['status', 'indexer-bridge', 'validator', 'gateway'],
    settings: { FAILURE_LIMIT: '1', OUTAGE_LIMIT: '1' },
  })
  gateway = await startTamperingProxy(pipeline.kubo.gatewayUrl)
  gateway.plan = (cid, nth) => plans.get(cid)?.(nth)
})
after(async () => {
  await pipeline[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

let seed = 0
const addDag = () => addBlocks(pipeline.kubo, buildTree({ leaves: 3, leafBytes: 900, seed: ++seed }))

const startFetcher = () => pipeline.startService('fetcher', { settings: { KUBO_GATEWAY_URL: gateway.url } })

async function pinned(cid: string) {
  const end = await pipeline.client.settled(cid)
  assert.equal(end.status, 'pinned', end.error)
  assert.ok(end.receipt)
  return end.receipt
}

async function deadLettersAbout(cid: string) {
  return (await deadLettersOf(pipeline)).filter(({ body }) => body.includes(cid))
}

test('a job that comes three times is worked on once', { timeout: 60_000 }, async () => {
  const fetcher = await startFetcher()
  const cid = await addDag()
  const gate = createGate()
  plans.set(cid, () => body => ({ body, hold: { afterBytes: 300, gate } }))
  await pipeline.client.pin(cid)
  await gate.reached
  const request = { cid, generation: 1 }
  await publishByHand(pipeline, pinRequested, { ...again(`${cid}.1.requested`), data: request })
  await publishByHand(pipeline, pinRequested, { ...again(`${cid}.1.requested`), data: request })
  await pipeline.logged('fetcher', /another worker has the job/)
  gate.open()
  await pinned(cid)
  await publishByHand(pipeline, pinRequested, { ...again(`${cid}.1.requested`), data: request })
  await allHandled(pipeline)
  assert.equal((await startsOf(pipeline, cid)).length, 1)
  assert.equal((await jobOf(pipeline, cid, 'fetch'))?.attempts, 1)
  assert.equal((await storedCars(pipeline)).length, 1)
  assert.deepEqual(await deadLettersAbout(cid), [])
  await nothingIsLeft(pipeline)
  await fetcher.stop()
})

test('a CAR that is reported three times is checked once', { timeout: 60_000 }, async () => {
  const fetcher = await startFetcher()
  await pipeline.children.validator.stop()
  const storedBefore = (await storedCars(pipeline)).length
  const cid = await addDag()
  await pipeline.client.pin(cid)
  const staged = await pollUntil(
    async () => {
      const job = await jobOf(pipeline, cid, 'fetch')
      if (!job?.result) throw new Error('not staged')
      return job.result as Omit<DataOf<typeof carUploaded>, 'cid' | 'generation'>
    },
    { what: 'the staged CAR', timeoutMs: 20_000 },
  )
  const uploaded = { cid, generation: 1, ...staged }
  await publishByHand(pipeline, carUploaded, { ...again(`${cid}.1.uploaded`), data: uploaded })
  const validator = await pipeline.startService('validator')
  const { car_cid: carCid } = await pinned(cid)
  await publishByHand(pipeline, carUploaded, { ...again(`${cid}.1.uploaded`), data: uploaded })
  await allHandled(pipeline)
  assert.equal((await jobOf(pipeline, cid, 'validate'))?.attempts, 1)
  assert.equal((await pinned(cid)).car_cid, carCid)
  assert.equal((await storedCars(pipeline)).length, storedBefore + 1)
  assert.deepEqual(await deadLettersAbout(cid), [])
  await nothingIsLeft(pipeline)
  assert.ok(validator.pid)
  await fetcher.stop()
})

test('events that come in the wrong order end in the right state', { timeout: 60_000 }, async () => {
  const storedBefore = await storedCars(pipeline)
  const cid = await addDag()
  await pipeline.client.pin(cid)
  const indexed = { cid, generation: 1, carCid: 'bagmadeup', announced: true }
  await publishByHand(pipeline, carIndexed, { id: `${cid}.1.indexed`, data: indexed })
  await eventsHandled(pipeline)
  assert.equal((await pipeline.client.status(cid)).status, 'pin_queued')
  await publishByHand(pipeline, carValid, { id: `${cid}.1.valid`, data: madeUpReceipt(pipeline, cid, 1) })
  const { indexed_at: indexedAt } = await pinned(cid)
  assert.ok(indexedAt)

  const failed = {
    cid,
    generation: 1,
    step: 'fetch' as const,
    code: 'stalled',
    message: 'late',
    missingCids: [],
  }
  const start = { cid, generation: 1, attempt: 7, worker: 'fetcher/late' }
  await publishByHand(pipeline, pinStarted, { id: `${cid}.1.started.7`, data: start })
  await publishByHand(pipeline, pinFailed, { id: `${cid}.1.failed`, data: failed })
  await publishByHand(pipeline, carValid, {
    ...again(`${cid}.1.valid`),
    data: madeUpReceipt(pipeline, cid, 1),
  })
  await publishByHand(pipeline, carValid, {
    ...again(`${cid}.1.valid`),
    data: madeUpReceipt(pipeline, cid, 1),
  })
  await eventsHandled(pipeline)
  const announced = (await receiveAnnouncements(pipeline, 1)).filter(body => body.includes(cid))
  assert.equal(announced.length, 1, 'one message for one event')

  // The job itself is still in the stream: whoever takes it finds nothing left to do.
  const fetcher = await startFetcher()
  await allHandled(pipeline)
  const end = await pipeline.client.status(cid)
  assert.deepEqual([end.status, end.error, end.attempts], ['pinned', '', 0])
  assert.deepEqual(await startsOf(pipeline, cid), [start])
  assert.deepEqual(await storedCars(pipeline), storedBefore)
  assert.deepEqual(await deadLettersAbout(cid), [])
  await fetcher.stop()
})

test('a CAR whose content ended before it came is removed from staging', { timeout: 60_000 }, async () => {
  const fetcher = await startFetcher()
  const storedBefore = await storedCars(pipeline)
  const cid = await addDag()
  const gate = createGate()
  plans.set(cid, () => body => ({ body, hold: { afterBytes: 300, gate } }))
  await pipeline.client.pin(cid)
  await gate.reached
  await publishByHand(pipeline, carValid, { id: `${cid}.1.valid`, data: madeUpReceipt(pipeline, cid, 1) })
  await pinned(cid)
  gate.open()
  await allHandled(pipeline)
  assert.equal((await pinned(cid)).car_cid, 'bagmadeup')
  assert.deepEqual(await storedCars(pipeline), storedBefore)
  await nothingIsLeft(pipeline)
  await fetcher.stop()
})

test('events of an older generation change nothing', { timeout: 60_000 }, async () => {
  const fetcher = await startFetcher()
  const storedBefore = (await storedCars(pipeline)).length
  const cid = await addDag()
  const gate = createGate()
  plans.set(cid, nth =>
    nth === 1
      ? () => ({ body: new Uint8Array(), ending: 'reset' })
      : body => ({ body, hold: { afterBytes: 300, gate } }),
  )
  await pipeline.client.pin(cid)
  assert.equal((await pipeline.client.settled(cid)).failure?.code, 'source-unavailable')
  await pipeline.client.pin(cid)
  await gate.reached

  const old = { cid, generation: 1 }
  const failed = { ...old, step: 'fetch' as const, code: 'stalled', message: 'old', missingCids: [] }
  const staging = { bucket: pipeline.buckets.staging, key: `${cid}/1-1.car` }
  const { car: _car, region: _region, verifiedAt: _at, ...facts } = madeUpReceipt(pipeline, cid, 1)
  const replay = async () => {
    await publishByHand(pipeline, pinStarted, {
      ...again(`${cid}.1.started.9`),
      data: { ...old, attempt: 9, worker: 'old' },
    })
    await publishByHand(pipeline, pinFailed, { ...again(`${cid}.1.failed`), data: failed })
    await publishByHand(pipeline, carValid, {
      ...again(`${cid}.1.valid`),
      data: madeUpReceipt(pipeline, cid, 1),
    })
    await publishByHand(pipeline, carIndexed, {
      ...again(`${cid}.1.indexed`),
      data: { ...old, carCid: 'bagmadeup', announced: true },
    })
    await publishByHand(pipeline, carUploaded, {
      ...again(`${cid}.1.uploaded`),
      data: { ...old, staging, ...facts },
    })
    await publishByHand(pipeline, pinRequested, { ...again(`${cid}.1.requested`), data: old })
    await eventsHandled(pipeline)
  }
  await replay()
  const during = await pipeline.client.status(cid)
  assert.deepEqual([during.status, during.error, during.attempts], ['pinning', '', 1])
  gate.open()
  const receipt = await pinned(cid)
  await replay()
  await allHandled(pipeline)
  assert.deepEqual((await pinned(cid)).car_cid, receipt.car_cid)
  assert.notEqual(receipt.car_cid, 'bagmadeup')
  assert.equal((await storedCars(pipeline)).length, storedBefore + 1)
  assert.equal((await deadLettersAbout(cid)).length, 1, 'that of the failure of the first generation')
  await nothingIsLeft(pipeline)
  await fetcher.stop()
})
