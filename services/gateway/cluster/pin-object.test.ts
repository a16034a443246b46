import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AcceptedPin, ClusterOptions } from '#libs/db/index.ts'
import { newPin, storedPin, updatedPin } from './pin-object.ts'
import { type PinOptions, readPinOptions } from './pin-options.ts'
import { acceptedPin } from './testing/accepted-pin.ts'

const timeout = 5_000
const peer = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
const origin = `/ip4/1.2.3.4/tcp/1/p2p/${peer}`
const createdAt = new Date('2026-11-21T09:34:57.170Z')
const plain: ClusterOptions = {
  mode: 'recursive',
  replicationMin: -1,
  replicationMax: -1,
  shardSize: 0,
  pinUpdate: null,
}
const bare = (pin: Partial<AcceptedPin['pin']> = {}) =>
  acceptedPin({ createdAt, meta: {}, origins: [], name: '', options: plain, sentCid: 'sent', ...pin })
const given = (options: Partial<PinOptions> = {}): PinOptions => ({
  ...readPinOptions(new URLSearchParams(), { maxOrigins: 0 }),
  ...options,
})

test('a new pin without options is what ipfs-cluster answers, byte for byte', { timeout }, () => {
  assert.equal(
    JSON.stringify(newPin(bare(), peer, given())),
    '{"replication_factor_min":-1,"replication_factor_max":-1,"name":"","mode":"recursive","shard_size":0,' +
      '"user_allocations":null,"expire_at":"0001-01-01T00:00:00Z","metadata":{},"pin_update":null,"origins":null,' +
      '"cid":"sent","type":"pin","allocations":[],"max_depth":-1,"reference":null,"timestamp":"2026-11-21T09:34:57.17Z"}',
  )
})

test('a pin that is read back has whole seconds, null for no metadata and a list for no origins', {
  timeout,
}, () => {
  assert.equal(
    JSON.stringify(storedPin(bare({ expiresAt: new Date('2026-11-24T09:34:57.180Z') }), peer, 'asked')),
    '{"replication_factor_min":-1,"replication_factor_max":-1,"name":"","mode":"recursive","shard_size":0,' +
      '"user_allocations":null,"expire_at":"2026-11-24T09:34:57Z","metadata":null,"pin_update":null,"origins":[],' +
      '"cid":"asked","type":"pin","allocations":[],"max_depth":-1,"reference":null,"timestamp":"2026-11-21T09:34:57Z"}',
  )
})

test('a pin with options shows them, its metadata in the order of the keys', { timeout }, () => {
  const options = { ...plain, replicationMin: 1, replicationMax: 2, shardSize: 7, pinUpdate: 'from' }
  const expiresAt = new Date('2026-11-24T09:34:57.180Z')
  const meta = { owner: 'me', kind: 'a b' }
  const accepted = bare({ name: 'n', meta, origins: [origin], options, expiresAt })
  const pin = newPin(accepted, peer, given({ userAllocations: ['other'] }))
  assert.deepEqual(
    [pin.replication_factor_min, pin.replication_factor_max, pin.allocations, pin.user_allocations],
    [1, 2, [peer], ['other']],
  )
  assert.deepEqual(
    [pin.name, pin.shard_size, pin.pin_update, pin.origins, pin.expire_at],
    ['n', 7, 'from', [origin], '2026-11-24T09:34:57.18Z'],
  )
  assert.equal(JSON.stringify(pin.metadata), '{"kind":"a b","owner":"me"}')
})

test('the depth is that of the stored mode, while a new pin shows the mode that was asked for', {
  timeout,
}, () => {
  const direct = bare({ options: { ...plain, mode: 'direct' } })
  assert.deepEqual([storedPin(direct, peer).mode, storedPin(direct, peer).max_depth], ['direct', 0])
  const asked = newPin(bare(), peer, given({ mode: 'direct' }))
  assert.deepEqual([asked.mode, asked.max_depth], ['direct', -1])
})

test('a pin with the options of another is read back, but for its time', { timeout }, () => {
  const pin = updatedPin(bare(), peer)
  assert.deepEqual([pin.metadata, pin.origins, pin.timestamp], [null, [], '2026-11-21T09:34:57.17Z'])
})

test('a pin of the time before options has the defaults', { timeout }, () => {
  assert.deepEqual(storedPin(bare({ options: null }), peer), storedPin(bare(), peer))
})
