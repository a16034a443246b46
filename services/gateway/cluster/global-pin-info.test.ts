import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveJob } from '#libs/bus/index.ts'
import type { AcceptedPin, ContentState } from '#libs/db/index.ts'
import { globalPinInfo } from './global-pin-info.ts'

const timeout = 5_000
const peer = { id: '12D3', name: 'pickup' }
const asked = { cid: 'canonical', sentCid: 'as-sent' }
const live: LiveJob = {
  phase: 'transferring',
  attempt: 2,
  worker: 'w',
  dagBytes: 10,
  dagBlocks: 3,
  carBytes: 7,
}
const created = new Date('2026-01-01T00:00:00.000Z')
const changed = new Date('2026-01-02T00:00:00.000Z')

const found = (state: ContentState): AcceptedPin => ({
  pin: {
    requestId: 'r',
    account: 'default',
    api: 'cluster',
    cid: 'canonical',
    sentCid: 'as-sent-before',
    name: 'name',
    meta: { k: 'v' },
    origins: ['/ip4/1.2.3.4/tcp/1/p2p/12D3'],
    createdAt: created,
  },
  content: {
    cid: 'canonical',
    generation: 2,
    state,
    attempts: 2,
    failureCode: 'stalled',
    failureMessage: 'nothing came',
    missingCids: ['m'],
    carCid: 'bag',
    carBucket: 'cars',
    carKey: 'bag/bag.car',
    carBytes: 100,
    blocks: 3,
    dagBytes: 80,
    verifiedAt: changed,
    indexedAt: null,
    queuedAt: created,
    changedAt: changed,
  },
})
const infoOf = (state: ContentState, job: LiveJob | undefined = live) =>
  globalPinInfo(asked, found(state), job, peer)

test('the fields of ipfs-cluster come in its order, with the CID as it was asked for', { timeout }, () => {
  const info = infoOf('pinning')
  const fields = ['cid', 'name', 'allocations', 'origins', 'created', 'metadata', 'peer_map']
  assert.deepEqual(Object.keys(info).slice(0, 7), fields)
  assert.deepEqual([info.cid, info.name, info.metadata], ['as-sent', 'name', { k: 'v' }])
  assert.equal(info.created, created.toISOString())
  assert.deepEqual(info.peer_map, {
    '12D3': {
      peername: 'pickup',
      status: 'pinning',
      timestamp: changed.toISOString(),
      error: '',
      attempt_count: 2,
      priority_pin: false,
    },
  })
})

for (const [state, status] of [
  ['queued', 'pin_queued'],
  ['pinning', 'pinning'],
  ['pinned', 'pinned'],
  ['failed', 'pin_error'],
  ['unpinned', 'unpinned'],
] as const) {
  test(`a content that is ${state} shows as ${status}`, { timeout }, () => {
    assert.equal(infoOf(state).peer_map['12D3']?.status, status)
  })
}

test('progress is shown while there is work, and only as long as a worker reports', { timeout }, () => {
  const progress = { phase: 'transferring', attempt: 2, dag_bytes: 10, dag_blocks: 3, car_bytes: 7 }
  for (const state of ['queued', 'pinning'] as const) {
    assert.deepEqual(
      { ...infoOf(state) },
      { ...globalPinInfo(asked, found(state), undefined, peer), progress },
    )
  }
  for (const state of ['pinned', 'failed', 'unpinned'] as const) assert.ok(!('progress' in infoOf(state)))
})

test('a pinned content shows its receipt and no error', { timeout }, () => {
  const info = infoOf('pinned')
  assert.equal(info.peer_map['12D3']?.error, '')
  assert.ok('receipt' in info && !('failure' in info))
  assert.deepEqual(info.receipt, {
    root: 'canonical',
    car_cid: 'bag',
    bucket: 'cars',
    key: 'bag/bag.car',
    car_bytes: 100,
    blocks: 3,
    dag_bytes: 80,
    verified_at: changed.toISOString(),
    indexed_at: null,
  })
})

test('a failed content shows its reason in the place of ipfs-cluster and for programs', { timeout }, () => {
  const info = infoOf('failed')
  assert.equal(info.peer_map['12D3']?.error, 'stalled: nothing came')
  assert.ok('failure' in info && !('receipt' in info))
  assert.deepEqual(info.failure, { code: 'stalled', message: 'nothing came', missing_cids: ['m'] })
})

test('a CID without a pin is unpinned at the one peer, at the zero time of Go', { timeout }, () => {
  const info = globalPinInfo(asked, undefined, live, peer)
  assert.deepEqual(Object.keys(info), [
    'cid',
    'name',
    'allocations',
    'origins',
    'created',
    'metadata',
    'peer_map',
  ])
  assert.equal(info.created, '0001-01-01T00:00:00Z')
  assert.equal(info.peer_map['12D3']?.status, 'unpinned')
  assert.deepEqual([info.name, info.metadata, info.origins], ['', null, []])
})
