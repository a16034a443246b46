import assert from 'node:assert/strict'
import { test } from 'node:test'
import { globalPinInfo, unpinnedInfo } from './global-pin-info.ts'
import { acceptedPin } from './testing/accepted-pin.ts'

const timeout = 5_000
const peer = { id: '12D3', name: 'pickup' }
const fields = ['cid', 'name', 'allocations', 'origins', 'created', 'metadata', 'peer_map']

test('the fields of ipfs-cluster come in its order, then our own', { timeout }, () => {
  const info = globalPinInfo(acceptedPin({ state: 'pinned' }), undefined, peer, 'as-asked')
  assert.deepEqual(Object.keys(info), [...fields, 'receipt'])
  assert.deepEqual([info.cid, info.name, info.metadata], ['as-asked', 'name', { k: 'v' }])
  assert.deepEqual([info.origins, info.created], [['/ip4/1.2.3.4/tcp/1/p2p/12D3'], '2026-01-01T00:00:00Z'])
  assert.deepEqual(Object.keys(info.peer_map), ['12D3'])
})

test('a pin without metadata and origins has null and an empty list, and its CID as it was pinned', {
  timeout,
}, () => {
  const info = globalPinInfo(acceptedPin({ meta: {}, origins: [] }), undefined, peer)
  assert.deepEqual([info.cid, info.metadata, info.origins], ['as-sent-before', null, []])
})

test('a pin is allocated to the one peer when it asked for replicas', { timeout }, () => {
  const options = {
    mode: 'recursive',
    replicationMin: 2,
    replicationMax: 3,
    shardSize: 0,
    pinUpdate: null,
  } as const
  assert.deepEqual(globalPinInfo(acceptedPin({ options }), undefined, peer).allocations, ['12D3'])
  assert.deepEqual(globalPinInfo(acceptedPin(), undefined, peer).allocations, [])
})

test('a CID without a pin is unpinned at the one peer, as of now', { timeout }, () => {
  const before = Date.now()
  const info = unpinnedInfo('as-asked', peer)
  assert.deepEqual(Object.keys(info), fields)
  assert.deepEqual([info.cid, info.name, info.allocations], ['as-asked', '', []])
  assert.deepEqual([info.origins, info.metadata], [null, null])
  assert.ok(Date.parse(info.created) >= before && Date.parse(info.created) <= Date.now())
  assert.deepEqual(info.peer_map['12D3'], {
    peername: 'pickup',
    ipfs_peer_id: '12D3',
    status: 'unpinned',
    timestamp: info.created,
    error: '',
    attempt_count: 0,
    priority_pin: false,
  })
})
