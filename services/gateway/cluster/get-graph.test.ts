import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askPeer, nodeOf, peer } from './testing/peer-server.ts'

const timeout = 5_000

test('the graph has the peer, all IPFS nodes and the one that the peer shows as its own', {
  timeout,
}, async () => {
  const nodes = [nodeOf({ peerId: 'a' }), nodeOf({ peerId: 'b' })]
  const { status, body } = await askPeer('GET', '/health/graph', { nodes })
  assert.equal(status, 200)
  const expected = {
    cluster_id: peer.id,
    id_to_peername: { [peer.id]: peer.name },
    ipfs_links: { a: [], b: [] },
    cluster_links: { [peer.id]: [] },
    cluster_trust_links: { [peer.id]: true },
    cluster_to_ipfs: { [peer.id]: 'a' },
  }
  assert.equal(body, `${JSON.stringify(expected)}\n`)
})

test('without an IPFS node the peer leads to none', { timeout }, async () => {
  const { ipfs_links, cluster_to_ipfs } = JSON.parse(
    (await askPeer('GET', '/health/graph', { nodes: [] })).body,
  )
  assert.deepEqual([ipfs_links, cluster_to_ipfs], [{}, {}])
})
