import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { LiveJob } from '#libs/bus/index.ts'
import { createLiveProgress, firstShownMs } from './live-progress.ts'

const timeout = 5_000

/** A clock of its own, which `pass` moves, so that no test waits. */
function setUp(t: TestContext, intervalMs: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const shown: LiveJob[] = []
  const start = createLiveProgress({ show: (_cid, job) => shown.push(job), intervalMs })
  const progress = start('cid', { attempt: 2, worker: 'w' })
  const pass = (ms: number) => {
    nowMs += ms
    t.mock.timers.tick(ms)
  }
  return { shown, progress, tell: progress.tell, pass }
}

test('an attempt is shown in the phase it has reached by then, and each later phase at once', {
  timeout,
}, t => {
  const { shown, tell, pass } = setUp(t, 3_600_000)
  tell({ phase: 'locating' })
  tell({ phase: 'waiting' })
  assert.equal(shown.length, 0)
  pass(firstShownMs)
  tell({ phase: 'transferring' })
  assert.deepEqual(
    shown.map(({ phase, attempt, worker }) => `${phase} ${attempt} ${worker}`),
    ['waiting 2 w', 'transferring 2 w'],
  )
})

test('an attempt that is over before it would be shown is never shown', { timeout }, t => {
  const { shown, progress, tell, pass } = setUp(t, 1)
  tell({ phase: 'transferring' })
  progress[Symbol.dispose]()
  tell({ phase: 'waiting' })
  pass(10 * firstShownMs)
  assert.deepEqual(shown, [])
})

test('an attempt that was over before its first word is never shown', { timeout }, t => {
  const { shown, progress, tell, pass } = setUp(t, 1)
  progress[Symbol.dispose]()
  tell({ phase: 'locating' })
  pass(10 * firstShownMs)
  assert.deepEqual(shown, [])
})

test('counters are not shown more often than the interval, but none is forgotten', { timeout }, t => {
  const { shown, tell, pass } = setUp(t, 3_600_000)
  tell({ phase: 'locating' })
  pass(firstShownMs)
  for (let carBytes = 1; carBytes <= 100; carBytes++) tell({ carBytes })
  assert.equal(shown.length, 1)
  tell({ phase: 'transferring' })
  assert.equal(shown.at(-1)?.carBytes, 100)
})

test('counters are shown with their pace, and with the time since they last grew', { timeout }, t => {
  const { shown, tell, pass } = setUp(t, 1_000)
  const paceAfter = (ms: number, change: Partial<LiveJob>) => {
    pass(ms)
    tell(change)
    const { bytesPerSecond, stalledMs } = shown.at(-1) ?? {}
    return { bytesPerSecond, stalledMs }
  }
  tell({ phase: 'locating' })
  pass(firstShownMs)
  assert.deepEqual(paceAfter(60_000, { phase: 'transferring' }), { bytesPerSecond: undefined, stalledMs: 0 })
  assert.deepEqual(paceAfter(2_000, { dagBytes: 5_000 }), { bytesPerSecond: 2_500, stalledMs: 0 })
  assert.deepEqual(paceAfter(3_000, { dagBytes: 5_000, carBytes: 0 }), {
    bytesPerSecond: 0,
    stalledMs: 3_000,
  })
  assert.deepEqual(paceAfter(1_000, { carBytes: 7_000 }), { bytesPerSecond: 7_000, stalledMs: 0 })
})
