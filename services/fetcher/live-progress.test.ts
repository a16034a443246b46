import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveJob } from '#libs/bus/index.ts'
import { createLiveProgress } from './live-progress.ts'

const timeout = 5_000

function shownBy(intervalMs: number) {
  const shown: LiveJob[] = []
  const start = createLiveProgress({ show: (_cid, job) => shown.push(job), intervalMs })
  return { shown, tell: start('cid', { attempt: 2, worker: 'w' }) }
}

test('an attempt is shown from its start, and each phase at once', { timeout }, () => {
  const { shown, tell } = shownBy(3_600_000)
  tell({ phase: 'waiting' })
  tell({ phase: 'transferring' })
  assert.deepEqual(
    shown.map(({ phase, attempt, worker }) => `${phase} ${attempt} ${worker}`),
    ['locating 2 w', 'waiting 2 w', 'transferring 2 w'],
  )
})

test('counters are not shown more often than the interval, but none is forgotten', { timeout }, () => {
  const { shown, tell } = shownBy(3_600_000)
  for (let carBytes = 1; carBytes <= 100; carBytes++) tell({ carBytes })
  assert.equal(shown.length, 1)
  tell({ phase: 'transferring' })
  assert.equal(shown.at(-1)?.carBytes, 100)
})

test('counters are shown with their pace, and with the time since they last grew', { timeout }, t => {
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const { shown, tell } = shownBy(1_000)
  const paceAt = (ms: number, change: Partial<LiveJob>) => {
    nowMs = ms
    tell(change)
    const { bytesPerSecond, stalledMs } = shown.at(-1) ?? {}
    return { bytesPerSecond, stalledMs }
  }
  assert.deepEqual(paceAt(60_000, { phase: 'transferring' }), { bytesPerSecond: undefined, stalledMs: 0 })
  assert.deepEqual(paceAt(62_000, { dagBytes: 5_000 }), { bytesPerSecond: 2_500, stalledMs: 0 })
  assert.deepEqual(paceAt(65_000, { dagBytes: 5_000, carBytes: 0 }), { bytesPerSecond: 0, stalledMs: 3_000 })
  assert.deepEqual(paceAt(66_000, { carBytes: 7_000 }), { bytesPerSecond: 7_000, stalledMs: 0 })
})
