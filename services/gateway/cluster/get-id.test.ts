import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askPeer, nodeOf, peer } from './testing/peer-server.ts'

const timeout = 5_000

test('the peer shows itself and its first IPFS node, in the field order of ipfs-cluster', {
  timeout,
}, async () => {
  const first = nodeOf()
  const second = nodeOf({ peerId: '12D3KooWZZZ' })
  const { status, body, headers } = await askPeer('GET', '/id', { nodes: [first, second] })
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'application/json')
  const { version } = JSON.parse(body)
  assert.match(version, /^1\.1\.6\+pickup\.\d+\.\d+\.\d+/)
  const expected = {
    id: peer.id,
    addresses: [],
    cluster_peers: [peer.id],
    cluster_peers_addresses: [],
    version,
    commit: '',
    rpc_protocol_version: '/ipfscluster/1.0/rpc',
    error: '',
    ipfs: { id: first.peerId, addresses: first.addresses, error: '' },
    peername: peer.name,
  }
  assert.equal(body, `${JSON.stringify(expected)}\n`)
})

test('without an IPFS node both errors say so, and no empty peer id is sent', { timeout }, async () => {
  const { status, body } = await askPeer('GET', '/id', { nodes: [] })
  assert.equal(status, 200)
  const { error, ipfs } = JSON.parse(body)
  assert.match(error, /no IPFS node/)
  // Go clients refuse the whole answer for an id that is empty.
  assert.deepEqual(ipfs, { addresses: [], error })
})

test('the list of peers is a stream of the one peer, with the trailer of every stream', {
  timeout,
}, async () => {
  const { status, headers, body, trailers } = await askPeer('GET', '/peers')
  assert.equal(status, 200)
  assert.equal(headers['trailer'], 'x-stream-error')
  assert.equal(trailers['x-stream-error'], '')
  assert.equal(body, (await askPeer('GET', '/id')).body)
})

test('the version is the one in the id', { timeout }, async () => {
  const { version } = JSON.parse((await askPeer('GET', '/id')).body)
  assert.equal((await askPeer('GET', '/version')).body, `${JSON.stringify({ version })}\n`)
})
