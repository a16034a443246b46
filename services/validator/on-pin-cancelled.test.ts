import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRunningJobs } from '#libs/bus/index.ts'
import { onPinCancelled } from './on-pin-cancelled.ts'

const timeout = 5_000
const cancelled = (generation: number) => ({
  v: 1,
  id: `cid.${generation}.cancelled`,
  at: '2026-01-01T00:00:00Z',
  data: { cid: 'cid', generation },
})

test('a cancel ends the check of its generation, and a repeat changes nothing', { timeout }, async () => {
  const jobs = createRunningJobs()
  const job = jobs.begin({ cid: 'cid', generation: 2 })
  await onPinCancelled(jobs)(cancelled(2))
  await onPinCancelled(jobs)(cancelled(2))
  assert.equal(job.cancelled.aborted, true)
})

test('a late cancel of an older generation leaves the check that began after it alone', {
  timeout,
}, async () => {
  const jobs = createRunningJobs()
  const job = jobs.begin({ cid: 'cid', generation: 2 })
  await onPinCancelled(jobs)(cancelled(1))
  await onPinCancelled(jobs)(cancelled(3))
  assert.equal(job.cancelled.aborted, false)
})

test('a cancel that comes before its check, or after it, does nothing', { timeout }, async () => {
  const jobs = createRunningJobs()
  await onPinCancelled(jobs)(cancelled(2))
  const job = jobs.begin({ cid: 'cid', generation: 2 })
  job.commit()
  await onPinCancelled(jobs)(cancelled(2))
  assert.equal(job.cancelled.aborted, false)
})
