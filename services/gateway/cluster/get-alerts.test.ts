import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askPeer, nodeOf, peer } from './testing/peer-server.ts'

const timeout = 5_000
const alertsIn = async (situation: Parameters<typeof askPeer>[2]) => {
  const { status, body } = await askPeer('GET', '/health/alerts', situation)
  assert.equal(status, 200)
  return body
}

test('there is no alert while a node is in use and has room', { timeout }, async () => {
  assert.equal(await alertsIn({}), '[]\n')
})

test('a minute without any node is an alert of the peer, since that minute was over', {
  timeout,
}, async () => {
  const heardAt = new Date(Date.now() - 61_000)
  const [alert, ...others] = JSON.parse(await alertsIn({ nodes: [], heardAt }))
  assert.deepEqual(others, [])
  const fields = ['name', 'peer', 'value', 'expire', 'valid', 'weight', 'partitionable', 'received_at']
  assert.deepEqual(Object.keys(alert), [...fields, 'triggered_at'])
  assert.deepEqual([alert.name, alert.peer], ['ping', peer.id])
  assert.equal(alert.triggered_at, new Date(heardAt.getTime() + 60_000).toISOString())
})

test('a node that is being replaced is no alert', { timeout }, async () => {
  assert.equal(await alertsIn({ nodes: [], heardAt: new Date(Date.now() - 30_000) }), '[]\n')
})

test('a node whose repository is nine tenths full is an alert of that node, others are not', {
  timeout,
}, async () => {
  const nodes = [
    nodeOf({ peerId: 'almost', repoBytes: 900 }),
    nodeOf({ peerId: 'fine', repoBytes: 899 }),
    nodeOf({ peerId: 'over', repoBytes: 1_100 }),
  ]
  const alerts = JSON.parse(await alertsIn({ nodes }))
  assert.deepEqual(
    alerts.map(({ name, peer: of, value }: Record<string, string>) => `${name} ${of} ${value}`),
    ['freespace almost 100', 'freespace over 0'],
  )
  assert.equal(alerts[0].triggered_at, nodes[0]?.announcedAt.toISOString())
})
