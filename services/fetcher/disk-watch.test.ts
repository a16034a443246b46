import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { watchDisk } from './disk-watch.ts'

const timeout = 5_000
const never = new AbortController().signal

/** A watch over a node that holds `usedBytes` of 100, and how often it asked for a collection. */
async function setUp(usedBytes: number) {
  const node = { usedBytes, answers: true, measured: 0 }
  const asked: number[] = []
  const watch = watchDisk({
    source: {
      measureRepo: async () => {
        node.measured++
        if (!node.answers) throw new Error('it does not answer')
        return { usedBytes: node.usedBytes, limitBytes: 100 }
      },
    },
    highWaterPercent: 90,
    intervalMs: 5,
    collectSoon: () => asked.push(node.usedBytes),
    log: createLogger('test', 'silent'),
  })
  const measuredAgain = async () => {
    const { measured } = node
    while (node.measured < measured + 2) await new Promise(setImmediate)
  }
  await measuredAgain()
  return { node, asked, watch, measuredAgain }
}

test('below the mark nobody waits, and nothing is collected', { timeout }, async () => {
  const { watch, asked } = await setUp(89)
  await using _watch = watch
  await watch.waitForSpace(never)
  await watch.assertSpace()
  assert.equal(watch.isFull(), false)
  assert.deepEqual(asked, [])
})

test('above the mark all wait until there is room, and garbage is collected', { timeout }, async () => {
  const { watch, node, asked } = await setUp(90)
  await using _watch = watch
  assert.equal(watch.isFull(), true)
  await assert.rejects(watch.assertSpace(), /over 90 % full/)
  const waiting = [watch.waitForSpace(never), watch.waitForSpace(never)]
  assert.ok(asked.length > 0)
  node.usedBytes = 10
  await Promise.all(waiting)
  assert.equal(watch.isFull(), false)
})

test('who gives up the wait leaves with its reason', { timeout }, async () => {
  const { watch } = await setUp(95)
  await using _watch = watch
  const stop = new AbortController()
  const waiting = watch.waitForSpace(stop.signal)
  stop.abort(new Error('cancelled'))
  await assert.rejects(waiting, /cancelled/)
  await assert.rejects(watch.waitForSpace(stop.signal), /cancelled/)
})

test('a node that does not answer is neither full nor empty: what was known holds', { timeout }, async () => {
  const { watch, node, measuredAgain } = await setUp(95)
  await using _watch = watch
  node.answers = false
  node.usedBytes = 10
  await measuredAgain()
  assert.equal(watch.isFull(), true)
  node.answers = true
  await watch.waitForSpace(never)
})
