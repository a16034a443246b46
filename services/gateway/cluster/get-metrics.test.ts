import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askPeer, nodeOf, peer } from './testing/peer-server.ts'

const timeout = 5_000
const nodes = [
  nodeOf({ peerId: 'a', repoBytes: 100, repoLimitBytes: 300 }),
  nodeOf({
    peerId: 'b',
    repoBytes: 400,
    repoLimitBytes: 300,
    announcedAt: new Date('2026-01-01T00:00:10.500Z'),
    expiresAt: new Date('2026-01-01T00:01:10.500Z'),
  }),
]
const metricOf = async (name: string, situation: Parameters<typeof askPeer>[2]) => {
  const { status, body } = await askPeer('GET', `/monitor/metrics/${name}`, situation)
  assert.equal(status, 200)
  return body
}

test('the names of the metrics are listed, each once', { timeout }, async () => {
  const { status, body } = await askPeer('GET', '/monitor/metrics')
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(body), ['pinqueue', 'ping', 'freespace'])
})

test('a ping is valid as long as the latest announcement, told in whole nanoseconds', {
  timeout,
}, async () => {
  const fields = [
    '"name":"ping"',
    `"peer":"${peer.id}"`,
    String.raw`"value":"{\"peer_name\":\"pickup\",\"ipfs_id\":\"a\"}"`,
    `"expire":${Date.parse('2026-01-01T00:01:10.500Z')}000000`,
    '"valid":true',
    '"weight":0',
    '"partitionable":false',
    `"received_at":${Date.parse('2026-01-01T00:00:10.500Z')}000000`,
  ]
  assert.equal(await metricOf('ping', { nodes }), `[{${fields.join(',')}}]\n`)
})

test('free space is what all repositories together have room for', { timeout }, async () => {
  const [metric] = JSON.parse(await metricOf('freespace', { nodes }))
  assert.deepEqual(
    [metric.name, metric.peer, metric.value, metric.weight],
    ['freespace', peer.id, '200', 200],
  )
  const unlimited = nodeOf({ repoLimitBytes: Number.MAX_SAFE_INTEGER })
  const [sum] = JSON.parse(await metricOf('freespace', { nodes: [unlimited, unlimited] }))
  assert.equal(sum.weight, Number.MAX_SAFE_INTEGER)
})

test('the pin queue counts the pins that wait, and fewer are better', { timeout }, async () => {
  const [metric] = JSON.parse(await metricOf('pinqueue', { queuedPins: 7 }))
  assert.deepEqual([metric.name, metric.value, metric.weight, metric.valid], ['pinqueue', '7', -7, true])
  assert.ok(metric.expire > metric.received_at)
  assert.match(await metricOf('pinqueue', { queuedPins: 0 }), /"weight":0,/)
})

test('what is not valid is not listed: no node, no room, no such metric', { timeout }, async () => {
  assert.equal(await metricOf('ping', { nodes: [] }), '[]\n')
  assert.equal(await metricOf('freespace', { nodes: [] }), '[]\n')
  assert.equal(await metricOf('freespace', { nodes: nodes.slice(1) }), '[]\n')
  for (const name of ['nonsense', 'constructor', '__proto__']) assert.equal(await metricOf(name, {}), '[]\n')
})
