import assert from 'node:assert/strict'
import { test } from 'node:test'

import { connectNode, enoughTime } from './testing/connect-node.ts'
import { startKuboNode } from './testing/kubo-node.ts'
import { addRandomDag } from './testing/random-dag.ts'

const timeout = 60_000

test('a node says who it is, where it is reached and what program it runs', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { peerId, addresses, agentVersion } = await source.identify(enoughTime())
  assert.equal(peerId, node.peerId)
  assert.ok(addresses.includes(node.address))
  assert.match(agentVersion, /^kubo\/\d+\.\d+/)
})

test('what the repository holds grows with the blocks in it, and its limit does not', {
  timeout,
}, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const before = await source.measureRepo(enoughTime())
  await addRandomDag(node, { leaves: 4 })
  const after = await source.measureRepo(enoughTime())
  assert.ok(after.usedBytes - before.usedBytes >= 4 * 262_144)
  // The default of Kubo is 10 GB.
  assert.deepEqual([before.limitBytes, after.limitBytes], [10_000_000_000, 10_000_000_000])
})

test('a node that is gone is reported as source-unavailable', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  await node.kill()
  const gone = { name: 'TransientError', code: 'source-unavailable' }
  await assert.rejects(source.measureRepo(enoughTime()), gone)
  await assert.rejects(source.identify(enoughTime()), gone)
})
