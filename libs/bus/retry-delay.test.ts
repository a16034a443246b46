import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryDelayMs } from './retry-delay.ts'

const timeout = 5_000
const settings = { retryMinMs: 1_000, retryMaxMs: 100_000 }

test('delays grow by four with each failure up to the longest, within a tenth', { timeout }, () => {
  for (const [failures, expectedMs] of [
    [0, 1_000],
    [1, 1_000],
    [2, 4_000],
    [3, 16_000],
    [4, 64_000],
    [5, 100_000],
    [1_000, 100_000],
  ] as const) {
    const delayMs = retryDelayMs(failures, settings)
    assert.ok(Math.abs(delayMs - expectedMs) <= expectedMs / 10, `${failures} failures: ${delayMs} ms`)
  }
})

test('jobs that fail together do not come back together', { timeout }, () => {
  const delays = Array.from({ length: 50 }, () => retryDelayMs(3, settings))
  assert.ok(new Set(delays).size > 10)
})
