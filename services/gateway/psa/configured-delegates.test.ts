import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGatewayConfig } from '../config.ts'
import { peerId } from './testing/test-cids.ts'

const timeout = 5_000

const read = (CLUSTER_IPFS_ADDR: string) =>
  readGatewayConfig({ DATABASE_URL: 'postgres://x', CLUSTER_IPFS_ADDR }).delegates

test('delegates of the operator are taken as they are, several by commas', { timeout }, () => {
  const one = `/dns4/ipfs.example.com/tcp/443/wss/p2p/${peerId}`
  const two = `/ip4/10.0.0.1/udp/4001/quic-v1/p2p/${peerId}`
  assert.deepEqual(read(`${one}, ${two}`), [one, two])
  assert.deepEqual(read(''), [])
})

test('what is no delegate stops the start and is named', { timeout }, () => {
  for (const address of ['nonsense', '/ip4/1.2.3.4/tcp/4001'])
    assert.throws(() => read(address), {
      name: 'ConfigError',
      message: new RegExp(`CLUSTER_IPFS_ADDR: ${address}`),
    })
  const many = Array.from({ length: 21 }, (_, i) => `/ip4/1.2.3.${i}/tcp/1/p2p/${peerId}`)
  assert.throws(() => read(many.join()), { message: /more than 20/ })
})
