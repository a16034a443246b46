import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRunningJobs } from './running-jobs.ts'

const timeout = 5_000

test('a cancel ends the job of that generation and no other', { timeout }, () => {
  const jobs = createRunningJobs()
  const old = jobs.begin({ cid: 'a', generation: 1 })
  const later = jobs.begin({ cid: 'a', generation: 2 })
  const other = jobs.begin({ cid: 'b', generation: 1 })
  const request = jobs.begin({ cid: 'a' })
  jobs.cancel({ cid: 'a', generation: 1 })
  assert.match(String(old.cancelled.reason), /generation 1 of a was cancelled/)
  assert.deepEqual(
    [later, other, request].map(({ cancelled }) => cancelled.aborted),
    [false, false, false],
  )
})

test('a cancel of what does not run here does nothing', { timeout }, () => {
  const jobs = createRunningJobs()
  const ended = jobs.begin({ cid: 'a', generation: 1 })
  ended[Symbol.dispose]()
  jobs.cancel({ cid: 'a', generation: 1 })
  jobs.cancel({ cid: 'unknown', generation: 1 })
  assert.equal(ended.cancelled.aborted, false)
})

test('a cancel that comes twice keeps the first reason', { timeout }, () => {
  const jobs = createRunningJobs()
  const job = jobs.begin({ cid: 'a', generation: 1 })
  jobs.cancel({ cid: 'a', generation: 1 })
  const { reason } = job.cancelled
  jobs.cancel({ cid: 'a', generation: 1 })
  assert.equal(job.cancelled.reason, reason)
})

test('a job that has committed is no longer cancelled, one that was cancelled cannot commit', {
  timeout,
}, () => {
  const jobs = createRunningJobs()
  const first = jobs.begin({ cid: 'a', generation: 1 })
  first.commit()
  jobs.cancel({ cid: 'a', generation: 1 })
  first.commit()
  assert.equal(first.cancelled.aborted, false)

  const second = jobs.begin({ cid: 'a', generation: 1 })
  jobs.cancel({ cid: 'a', generation: 1 })
  assert.throws(() => second.commit(), /was cancelled/)
})
