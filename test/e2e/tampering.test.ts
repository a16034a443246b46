import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { SupervisedChild } from '#deploy/local/supervised-child.ts'
import { buildTree } from '#libs/car/testing/build-car.ts'
import { addBlocks } from './content.ts'
import { type Damage, exportDamages, gatewayDamages } from './damages.ts'
import { deadLetter, deadLettersOf } from './dead-letters.ts'
import { nothingIsLeft } from './leftovers.ts'
import { allHandled } from './messages.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { startTamperingProxy, type Tamper, type TamperingProxy } from './tampering-proxy.ts'

const failureLimit = 2

let pipeline: Pipeline
let gateway: TamperingProxy
let rpc: TamperingProxy
const plans = new Map<string, (nth: number) => Tamper | undefined>()

before(async () => {
  pipeline = await startPipeline({
    services: ['status', 'indexer-bridge', 'validator', 'gateway'],
    settings: { FAILURE_LIMIT: String(failureLimit), OUTAGE_LIMIT: String(failureLimit) },
  })
  gateway = await startTamperingProxy(pipeline.kubo.gatewayUrl)
  rpc = await startTamperingProxy(pipeline.kubo.apiUrl)
  for (const proxy of [gateway, rpc]) proxy.plan = (cid, nth) => plans.get(cid)?.(nth)
})
after(async () => {
  await pipeline[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await rpc[Symbol.asyncDispose]()
})

let seed = 0
/** A root and five leaves, unlike all others; the sections of the leaves have lengths of two bytes. */
const nextDag = () => buildTree({ leaves: 5, leafBytes: 900, seed: ++seed })

/** Pins a new DAG whose CAR arrives damaged, at each of the first `times` requests. */
async function pinDamaged(tamper: Tamper, times = Number.POSITIVE_INFINITY) {
  const cid = await addBlocks(pipeline.kubo, nextDag())
  plans.set(cid, nth => (nth <= times ? tamper : undefined))
  await pipeline.client.pin(cid)
  return pipeline.client.settled(cid)
}

async function assertNeverPinned({ tamper, code }: Damage) {
  const failed = await pinDamaged(tamper)
  assert.deepEqual([failed.status, failed.failure?.code], ['pin_error', code], failed.error)
  assert.equal(failed.attempts, failureLimit)
  assert.equal(failed.receipt, undefined)
  // A pin is told to have failed before its letter is written.
  await deadLetter(pipeline, body => body.includes(failed.cid))
  const letters = (await deadLettersOf(pipeline)).filter(({ body }) => body.includes(failed.cid))
  assert.deepEqual(
    letters.map(letter => letter.code),
    [code],
  )
}

async function assertHeals({ tamper }: Damage) {
  const pinned = await pinDamaged(tamper, 1)
  assert.equal(pinned.status, 'pinned', pinned.error)
  assert.equal(pinned.attempts, 2)
}

const storedCars = async () =>
  (await Array.fromAsync(pipeline.storage.list(pipeline.buckets.cars, ''))).length

/** Each damage each time, each damage only at first, and what is in the store after all that. */
function testAll(all: readonly Damage[]): void {
  let storedBefore = 0
  before(async () => {
    storedBefore = await storedCars()
  })
  describe('a CID whose CAR is each time', { concurrency: true, timeout: 60_000 }, () => {
    for (const damage of all)
      test(`${damage.what} ends in ${damage.code}`, { timeout: 50_000 }, () => assertNeverPinned(damage))
  })
  describe('a CID whose CAR is only at first', { concurrency: true, timeout: 60_000 }, () => {
    for (const damage of all)
      test(`${damage.what} ends pinned`, { timeout: 50_000 }, () => assertHeals(damage))
  })
  test('nothing but the sound CARs is stored', { timeout: 50_000 }, async () => {
    await allHandled(pipeline)
    await nothingIsLeft(pipeline)
    assert.equal((await storedCars()) - storedBefore, all.length)
  })
}

describe('from the gateway', { timeout: 120_000 }, () => {
  let fetcher: SupervisedChild
  before(async () => {
    fetcher = await pipeline.startService('fetcher', { settings: { KUBO_GATEWAY_URL: gateway.url } })
  })
  after(() => fetcher.stop())
  testAll(gatewayDamages)
})

describe('from dag/export', { timeout: 120_000 }, () => {
  let fetcher: SupervisedChild
  before(async () => {
    const settings = { CAR_SOURCE: 'dag-export', KUBO_API_URL: rpc.url }
    fetcher = await pipeline.startService('fetcher', { settings })
  })
  after(() => fetcher.stop())
  testAll(exportDamages)
})
