import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveJob } from '#libs/bus/index.ts'
import { workersOf } from './workers-of.ts'

const timeout = 5_000
const idle = { locating: 0, waiting: 0, transferring: 0, validating: 0, bytesPerSecond: 0, stalled: 0 }
const live = (worker: string, phase: LiveJob['phase'], more: Partial<LiveJob> = {}): LiveJob => ({
  worker,
  phase,
  attempt: 1,
  dagBytes: 0,
  dagBlocks: 0,
  carBytes: 0,
  ...more,
})

test('jobs are summed up by worker and phase, in the order of their names', { timeout }, () => {
  const said = new Map([
    ['one', live('a', 'transferring', { bytesPerSecond: 1_000.4 })],
    ['two', live('a', 'transferring', { bytesPerSecond: 500, stalledMs: 10_000 })],
    ['three', live('a', 'waiting', { stalledMs: 9_999 })],
    ['four', live('b', 'validating')],
  ])
  const leased = [
    { cid: 'four', step: 'validate', worker: 'b' },
    ...['one', 'two', 'three'].map(cid => ({ cid, step: 'fetch', worker: 'a' }) as const),
  ] as const
  assert.deepEqual(
    workersOf([], cid => said.get(cid)),
    [],
  )
  assert.deepEqual(
    workersOf(leased, cid => said.get(cid)),
    [
      { ...idle, worker: 'a', transferring: 2, waiting: 1, bytesPerSecond: 1_500, stalled: 1 },
      { ...idle, worker: 'b', validating: 1 },
    ],
  )
})

test('a job of which nothing is said, or only by somebody before, is at its beginning', { timeout }, () => {
  const said = new Map([
    ['taken over', live('dead', 'transferring')],
    ['next step', live('a', 'validating', { bytesPerSecond: 7 })],
  ])
  const leased = ['taken over', 'next step', 'silent'].map(
    cid => ({ cid, step: 'fetch', worker: 'a' }) as const,
  )
  assert.deepEqual(
    workersOf(leased, cid => said.get(cid)),
    [{ ...idle, worker: 'a', locating: 3 }],
  )
})
