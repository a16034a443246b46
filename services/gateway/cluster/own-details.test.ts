import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveJob } from '#libs/bus/index.ts'
import type { ContentState } from '#libs/db/index.ts'
import { ownDetails } from './own-details.ts'
import { acceptedPin } from './testing/accepted-pin.ts'

const timeout = 5_000
const live: LiveJob = {
  phase: 'transferring',
  attempt: 2,
  worker: 'w',
  dagBytes: 10,
  dagBlocks: 3,
  carBytes: 7,
}
const detailsOf = (state: ContentState, job: LiveJob | undefined = live) =>
  ownDetails(acceptedPin({ state }).content, job)

test('progress is shown while there is work, and only as long as a worker reports', { timeout }, () => {
  const progress = { phase: 'transferring', attempt: 2, dag_bytes: 10, dag_blocks: 3, car_bytes: 7 }
  for (const state of ['queued', 'pinning'] as const) {
    assert.deepEqual(detailsOf(state), { progress })
    assert.deepEqual(ownDetails(acceptedPin({ state }).content, undefined), {})
  }
  for (const state of ['pinned', 'failed', 'unpinned'] as const) assert.ok(!('progress' in detailsOf(state)))
})

test('a pinned content shows its receipt', { timeout }, () => {
  assert.deepEqual(detailsOf('pinned'), {
    receipt: {
      root: 'canonical',
      car_cid: 'bag',
      bucket: 'cars',
      key: 'bag/bag.car',
      car_bytes: 100,
      blocks: 3,
      dag_bytes: 80,
      raw_bytes: 70,
      verified_at: '2026-01-02T00:00:00.345Z',
      indexed_at: null,
      attempts: 2,
    },
  })
})

test('a failed content shows its reason for programs', { timeout }, () => {
  assert.deepEqual(detailsOf('failed'), {
    failure: {
      code: 'stalled',
      message: 'nothing came',
      explanation: 'The transfer stopped making progress. Check the provider, then pin again.',
      missing_cids: ['m'],
      attempts: 2,
    },
  })
})

test('an unpinned content has nothing to show', { timeout }, () => {
  assert.deepEqual(detailsOf('unpinned'), {})
})
