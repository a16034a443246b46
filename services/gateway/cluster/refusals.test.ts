import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askPeer, peer } from './testing/peer-server.ts'

const timeout = 5_000

test('what a cluster administrator can do elsewhere is refused with the reason, in the shape of errors', {
  timeout,
}, async () => {
  for (const [method, url, reason] of [
    ['POST', '/peers', /one peer/],
    ['DELETE', `/peers/${peer.id}`, /one peer/],
    ['POST', '/ipfs/gc', /collects garbage by itself/],
    ['POST', '/ipfs/gc?local=true', /collects garbage by itself/],
  ] as const) {
    const { status, body } = await askPeer(method, url)
    assert.equal(status, 501, url)
    const { code, message } = JSON.parse(body)
    assert.equal(code, 501)
    assert.match(message, reason)
  }
})

test('a peer to be removed that is no peer id is the fault of the client', { timeout }, async () => {
  for (const text of [
    'nonsense',
    `${peer.id}0`,
    'bafkreih2grj7p2bo5yk2guqazxfjzapv6hpm3mwrinv6s3cyayd72ke5he',
  ]) {
    const { status, body } = await askPeer('DELETE', `/peers/${text}`)
    assert.equal(status, 400, text)
    assert.match(JSON.parse(body).message, /^error decoding Peer ID: /)
  }
})

test('the gateway is healthy without a body, and without traffic between cluster peers', {
  timeout,
}, async () => {
  const health = await askPeer('GET', '/health')
  assert.deepEqual([health.status, health.body], [204, ''])
  const bandwidth = await askPeer('GET', '/health/bandwidth')
  assert.deepEqual([bandwidth.status, bandwidth.body], [200, '{}\n'])
})
