import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { measureProcess } from '#libs/telemetry/testing/measure-process.ts'
import { watchDisk } from './disk-watch.ts'
import { createLocateRoot } from './locate-root.ts'
import { createTransferSlots } from './transfer-slots.ts'

const timeout = 5_000
const process = measureProcess()
const never = new AbortController().signal
const usage = async (slot: string) => [
  await process.valueOf('pickup_slot_usage', { pickup_slot: slot }),
  await process.valueOf('pickup_slot_limit', { pickup_slot: slot }),
]
const waiting = () => process.valueOf('pickup_transfer_waiting')

test('transfer slots show how many are in use, and how many jobs wait for one', { timeout }, async () => {
  const take = createTransferSlots({ slots: 2, crowd: 10, maxWaiting: 10 })
  const [first, second] = await Promise.all([take(['a'], never), take(['b'], never)])
  const third = take(['c'], never)
  const leave = new AbortController()
  const fourth = take(['d'], leave.signal)
  assert.deepEqual(await usage('transfer'), [2, 2])
  assert.equal(await waiting(), 2)
  leave.abort(new Error('cancelled'))
  await assert.rejects(fourth, /cancelled/)
  first[Symbol.dispose]()
  const given = await third
  assert.equal(await waiting(), 0)
  assert.deepEqual(await usage('transfer'), [2, 2])
  for (const slot of [second, given, given]) slot[Symbol.dispose]()
  assert.deepEqual(await usage('transfer'), [0, 2])
})

test('a long look is counted while it lasts', { timeout }, async () => {
  const found = Promise.withResolvers<{ wasLocal: boolean }>()
  const begun = Promise.withResolvers<void>()
  const locateRoot = createLocateRoot({
    locate: () => found.promise,
    timeoutMs: 1_000,
    firstTimeoutMs: 1,
    longLooks: 5,
  })
  const looking = locateRoot('cid', never, async () => begun.resolve())
  await begun.promise
  assert.deepEqual(await usage('long-look'), [1, 5])
  found.resolve({ wasLocal: true })
  await looking
  assert.deepEqual(await usage('long-look'), [0, 5])
})

test('the repository of a node has its size and its limits, and none when it does not answer', {
  timeout,
}, async () => {
  let answers = true
  let limitBytes = 100
  let measured = 0
  await using _watch = watchDisk({
    source: {
      async measureRepo() {
        measured++
        if (!answers) throw new Error('it does not answer')
        return { usedBytes: 30, limitBytes }
      },
    },
    highWaterPercent: 90,
    intervalMs: 5,
    collectSoon() {},
    log: createLogger('test', 'silent'),
  })
  const measuredAgain = async () => {
    const before = measured
    while (measured < before + 2) await new Promise(setImmediate)
  }
  await measuredAgain()
  assert.equal(await process.valueOf('pickup_kubo_repo_usage_bytes'), 30)
  const limits = async () => [
    await process.valueOf('pickup_kubo_repo_limit_bytes'),
    await process.valueOf('pickup_kubo_repo_high_water_bytes'),
  ]
  assert.deepEqual(await limits(), [100, 90])
  limitBytes = 0
  await measuredAgain()
  assert.deepEqual(await limits(), [undefined, undefined])
  answers = false
  await measuredAgain()
  assert.equal(await process.valueOf('pickup_kubo_repo_usage_bytes'), undefined)
})
