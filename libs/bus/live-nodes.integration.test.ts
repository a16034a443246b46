import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kvm } from '@nats-io/kv'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { mirrorLiveNodes, type NodeAnnouncement, openNodeAnnouncer } from './live-nodes.ts'
import { silent, startTestBus } from './testing/test-bus.ts'

const timeout = 30_000
const poll = { what: 'the mirror', timeoutMs: 10_000, intervalMs: 10 }
const nodeOf = (peerId: string): NodeAnnouncement => ({
  peerId,
  addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${peerId}`],
  agentVersion: 'kubo/0.43.0',
  repoBytes: 10,
  repoLimitBytes: 100,
  transfers: 1,
  transferSlots: 10,
})

test('announced nodes are listed by peer id, with the times of the announcement', { timeout }, async () => {
  await using bus = await startTestBus()
  await using fetcher = await bus.connect('fetcher')
  await using gateway = await bus.connect('gateway')
  await using early = await mirrorLiveNodes(gateway, { maxAgeMs: 60_000, log: silent })
  assert.deepEqual(early.list(), [])
  const begun = early.lastHeardAt()
  const { announce } = await openNodeAnnouncer(fetcher)
  await announce(nodeOf('b'))
  await announce(nodeOf('a'))
  await using late = await mirrorLiveNodes(gateway, { maxAgeMs: 60_000, log: silent })
  for (const mirror of [early, late]) {
    await pollUntil(async () => assert.equal(mirror.list().length, 2), poll)
    const [first, second] = mirror.list()
    assert.ok(first && second)
    const { announcedAt, expiresAt, ...said } = first
    assert.deepEqual([said, second.peerId], [nodeOf('a'), 'b'])
    assert.equal(expiresAt.getTime() - announcedAt.getTime(), 60_000)
  }
  assert.ok(early.lastHeardAt() > begun)
  fetcher.assertReady()
  gateway.assertReady()
})

test('a node that is withdrawn, or not announced any more, is no longer listed', { timeout }, async () => {
  await using bus = await startTestBus()
  await using fetcher = await bus.connect('fetcher')
  await using gateway = await bus.connect('gateway')
  await using lasting = await mirrorLiveNodes(gateway, { maxAgeMs: 60_000, log: silent })
  await using forgetful = await mirrorLiveNodes(gateway, { maxAgeMs: 1_500, log: silent })
  const listed = (mirror: typeof lasting, expected: string[]) =>
    pollUntil(async () => {
      const found = mirror.list().map(({ peerId }) => peerId)
      assert.deepEqual(found, expected)
    }, poll)
  const { announce, withdraw } = await openNodeAnnouncer(fetcher)
  await announce(nodeOf('a'))
  await announce(nodeOf('b'))
  await listed(forgetful, ['a', 'b'])
  await withdraw('a')
  await listed(lasting, ['b'])
  await listed(forgetful, [])
  await listed(lasting, ['b'])
})

test('an announcement that is no JSON, or lacks a field, is left out; others are still listed', {
  timeout,
}, async () => {
  await using bus = await startTestBus()
  await using gateway = await bus.connect('gateway')
  await using mirror = await mirrorLiveNodes(gateway, { maxAgeMs: 60_000, log: silent })
  const bucket = await new Kvm(bus.admin.stream).open(bus.admin.names.bucket('LIVE'))
  const { addresses: _addresses, ...lacking } = nodeOf('lacking')
  await bucket.put('node.bad', '{')
  await bucket.put('node.lacking', JSON.stringify(lacking))
  await bucket.put('node.newer', JSON.stringify({ ...nodeOf('newer'), region: 'a field of later' }))
  await bucket.put('job.cid', JSON.stringify(nodeOf('job')))
  await pollUntil(async () => assert.equal(mirror.list().length, 1), poll)
  assert.equal(mirror.list()[0]?.peerId, 'newer')
})
