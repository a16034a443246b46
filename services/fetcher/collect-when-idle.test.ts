import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { collectWhenIdle } from './collect-when-idle.ts'

const timeout = 5_000
const idleMs = 60_000

/** A collector over a node whose collections are ended by the test, which also moves the clock. */
function setUp(t: TestContext) {
  let now = 0
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(performance, 'now', () => now)
  const running: { aborted: () => boolean; end: (removedBlocks: number) => Promise<void> }[] = []
  const collector = collectWhenIdle({
    idleMs,
    log: createLogger('test', 'silent'),
    source: {
      collectGarbage: ({ signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          running.push({
            aborted: () => signal.aborted,
            end: removedBlocks => {
              resolve({ removedBlocks, postponed: false })
              return new Promise(setImmediate)
            },
          })
        }),
    },
  })
  const pass = (ms: number) => {
    now += ms
    t.mock.timers.tick(ms)
  }
  return { collector, running, pass }
}

test('garbage is collected when nothing was transferred for a while', { timeout }, t => {
  const { collector, running, pass } = setUp(t)
  const [first, second] = [collector(), collector()]
  first[Symbol.dispose]()
  pass(idleMs)
  second[Symbol.dispose]()
  pass(idleMs - 1)
  assert.equal(running.length, 0)
  pass(1)
  assert.equal(running.length, 1)
})

test('a transfer that begins ends the collection', { timeout }, t => {
  const { collector, running, pass } = setUp(t)
  collector()[Symbol.dispose]()
  pass(idleMs)
  collector()
  assert.equal(running[0]?.aborted(), true)
})

test('when space is needed it is collected at once, or as soon as the last transfer ends', {
  timeout,
}, async t => {
  const { collector, running } = setUp(t)
  collector.collectSoon()
  assert.equal(running.length, 1)
  collector.collectSoon()
  assert.equal(running.length, 1)
  await running[0]?.end(10)
  const transfer = collector()
  collector.collectSoon()
  assert.equal(running.length, 1)
  transfer[Symbol.dispose]()
  assert.equal(running.length, 2)
})

test('a collection that found nothing is not repeated at once, unless something was transferred', {
  timeout,
}, async t => {
  const { collector, running, pass } = setUp(t)
  pass(1)
  collector.collectSoon()
  await running[0]?.end(0)
  collector.collectSoon()
  pass(idleMs - 1)
  collector.collectSoon()
  assert.equal(running.length, 1)
  pass(1)
  collector.collectSoon()
  assert.equal(running.length, 2)
  await running[1]?.end(0)
  const transfer = collector()
  collector.collectSoon()
  transfer[Symbol.dispose]()
  assert.equal(running.length, 3)
})
