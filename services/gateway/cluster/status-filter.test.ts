import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStatusFilter } from './status-filter.ts'

const timeout = 5_000

test('no filter means all states', { timeout }, () => {
  assert.equal(readStatusFilter(''), undefined)
})

for (const [filter, states] of [
  ['pin_queued', ['queued']],
  ['pinning', ['pinning']],
  ['pinned', ['pinned']],
  ['pin_error', ['failed']],
  ['queued', ['queued']],
  ['error', ['failed']],
  ['pinned,pin_error,error', ['pinned', 'failed']],
  [' pinned , pin ning,', ['pinned', 'pinning']],
  ['pinned,bogus', ['pinned']],
  ['pinned,pinned', ['pinned']],
] as const) {
  test(`the filter "${filter}" means ${states.join(' and ')}`, { timeout }, () => {
    assert.deepEqual(readStatusFilter(filter), states)
  })
}

test('statuses that a pin never has here are known, and match nothing', { timeout }, () => {
  for (const filter of [
    'cluster_error',
    'unpin_error',
    'unpinning',
    'unpinned',
    'remote',
    'unpin_queued',
    'sharded',
    'unexpectedly_unpinned',
    'remote,sharded,bogus',
  ])
    assert.deepEqual(readStatusFilter(filter), [], filter)
})

test('a filter in which no name is known is refused', { timeout }, () => {
  for (const filter of ['bogus', 'undefined', ',', ' ', 'PINNED', 'unexpected_unpinned', 'constructor'])
    assert.throws(
      () => readStatusFilter(filter),
      { statusCode: 400, message: 'invalid filter value' },
      filter,
    )
})
