import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchForStall } from './stall-watch.ts'

const timeout = 5_000
const apis: { apis: ['setTimeout'] } = { apis: ['setTimeout'] }

test('a transfer without progress is stalled after the timeout, not before', { timeout }, t => {
  t.mock.timers.enable(apis)
  using watch = watchForStall(1_000)
  t.mock.timers.tick(999)
  assert.equal(watch.stalled.aborted, false)
  t.mock.timers.tick(1)
  assert.equal(watch.stalled.aborted, true)
  assert.match(String(watch.stalled.reason), /no progress for 1000 ms/)
})

test('each progress starts the time anew: a slow transfer that moves is not stalled', { timeout }, t => {
  t.mock.timers.enable(apis)
  using watch = watchForStall(1_000)
  for (let i = 0; i < 10; i++) {
    t.mock.timers.tick(900)
    watch.progress()
  }
  assert.equal(watch.stalled.aborted, false)
  t.mock.timers.tick(1_000)
  assert.equal(watch.stalled.aborted, true)
})

test('time that is suspended does not count', { timeout }, t => {
  t.mock.timers.enable(apis)
  using watch = watchForStall(1_000)
  watch.suspend()
  t.mock.timers.tick(60_000)
  watch.progress()
  t.mock.timers.tick(60_000)
  assert.equal(watch.stalled.aborted, false)
  watch.resume()
  t.mock.timers.tick(1_000)
  assert.equal(watch.stalled.aborted, true)
})

test('a watch that is over never fires', { timeout }, t => {
  t.mock.timers.enable(apis)
  const watch = watchForStall(1_000)
  watch[Symbol.dispose]()
  t.mock.timers.tick(60_000)
  assert.equal(watch.stalled.aborted, false)
})
