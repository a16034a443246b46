import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveNode } from '#libs/bus/index.ts'
import { createDelegates } from './delegates.ts'
import { otherPeerId, peerId } from './testing/test-cids.ts'

const timeout = 5_000

const node = (id: string, addresses: string[], announcedAt = new Date(0)): LiveNode => ({
  peerId: id,
  addresses: addresses.map(address => `${address}/p2p/${id}`),
  agentVersion: 'kubo/0.43.0',
  repoBytes: 0,
  repoLimitBytes: 1,
  transfers: 0,
  transferSlots: 1,
  announcedAt,
  expiresAt: new Date(announcedAt.getTime() + 60_000),
})

type Given = { nodes?: LiveNode[]; configured?: string[]; allowPrivate?: boolean }

const delegatesOf = ({ nodes = [], configured = [], allowPrivate = false }: Given) =>
  createDelegates({ liveNodes: () => nodes, configured, allowPrivate, peerId })()

/** What Kubo says of itself where it has everything. */
const everything = [
  '/ip4/127.0.0.1/tcp/4001',
  '/ip4/127.0.0.1/udp/4001/quic-v1',
  '/ip4/192.168.1.2/tcp/4001',
  '/ip6/::1/tcp/4001',
  '/ip6/2a00:1450::1/tcp/4001',
  '/ip4/1.2.3.4/udp/4001/quic-v1',
  '/ip4/1.2.3.4/udp/4001/webrtc-direct/certhash/uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g',
  '/ip4/1.2.3.4/tcp/4001',
  '/dns4/1-2-3-4.k51abc.libp2p.direct/tcp/4001/tls/ws',
  '/ip4/1.2.3.4/tcp/4001/ws',
]

test('a node is given by TCP and by what browsers dial, never by UDP', { timeout }, () => {
  assert.deepEqual(delegatesOf({ nodes: [node(peerId, everything)] }), [
    `/ip4/1.2.3.4/tcp/4001/p2p/${peerId}`,
    `/dns4/1-2-3-4.k51abc.libp2p.direct/tcp/4001/tls/ws/p2p/${peerId}`,
    `/ip6/2a00:1450::1/tcp/4001/p2p/${peerId}`,
  ])
})

test('private addresses are given where they are allowed, and are enough then', { timeout }, () => {
  const isolated = [node(peerId, ['/ip4/127.0.0.1/tcp/4001'])]
  assert.deepEqual(delegatesOf({ nodes: isolated, allowPrivate: true }), [
    `/ip4/127.0.0.1/tcp/4001/p2p/${peerId}`,
  ])
  const [address] = delegatesOf({ nodes: isolated })
  assert.match(String(address), /\.invalid\//)
})

test('the first addresses of all nodes come before the second of any, and 20 are the most', {
  timeout,
}, () => {
  const nodes = [node(peerId, everything), node(otherPeerId, ['/ip4/5.6.7.8/tcp/4001'])]
  assert.deepEqual(
    delegatesOf({ nodes }).map(address => address.split('/').at(-1)),
    [peerId, otherPeerId, peerId, peerId],
  )
  const many = Array.from({ length: 30 }, () => node(peerId, everything)).map((one, i) => ({
    ...one,
    addresses: [`/ip4/1.2.3.${i}/tcp/4001/p2p/${peerId}`],
  }))
  const configured = [`/ip4/9.9.9.9/udp/4001/quic-v1/p2p/${peerId}`]
  const delegates = delegatesOf({ nodes: many, configured })
  assert.equal(delegates.length, 20)
  assert.equal(new Set(delegates).size, 20)
  assert.equal(delegates.at(-1), configured[0])
})

test('an address is given once, and only one that names its own node', { timeout }, () => {
  const own = `/ip4/1.2.3.4/tcp/4001/p2p/${peerId}`
  const foreign = {
    ...node(peerId, []),
    addresses: [`/ip4/5.6.7.8/tcp/1/p2p/${otherPeerId}`, 'nonsense', own],
  }
  assert.deepEqual(delegatesOf({ nodes: [foreign], configured: [own] }), [own])
})

test('a node behind a relay is given by the relay', { timeout }, () => {
  const relayed = `/ip4/5.6.7.8/tcp/4001/p2p/${otherPeerId}/p2p-circuit`
  assert.deepEqual(delegatesOf({ nodes: [node(peerId, [relayed])] }), [`${relayed}/p2p/${peerId}`])
})

test('when no node is live, the last ones known are given, and never nothing', { timeout }, () => {
  let nodes: LiveNode[] = []
  const delegates = createDelegates({ liveNodes: () => nodes, configured: [], allowPrivate: false, peerId })
  assert.deepEqual(delegates(), [`/dns4/no-ipfs-node-is-live.invalid/tcp/4001/p2p/${peerId}`])
  nodes = [node(peerId, ['/ip4/1.2.3.4/tcp/4001'])]
  const known = delegates()
  nodes = []
  assert.deepEqual(delegates(), known)
  nodes = [node(peerId, ['/ip4/5.6.7.8/tcp/4001'], new Date(1))]
  assert.deepEqual(delegates(), [`/ip4/5.6.7.8/tcp/4001/p2p/${peerId}`])
})
