import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'

import { connectNode, enoughTime } from './testing/connect-node.ts'
import { startKuboNode } from './testing/kubo-node.ts'
import { addRandomDag } from './testing/random-dag.ts'

const timeout = 60_000
const unknownCid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

test('locate finds a root that the node has and one that a connected peer has', { timeout }, async () => {
  await using provider = await startKuboNode()
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const remote = await addRandomDag(provider, { leaves: 2 })
  const local = await addRandomDag(node, { leaves: 2 })

  assert.deepEqual(await source.locate(local.root, enoughTime()), { wasLocal: true })
  await using _origins = await source.connectOrigins([provider.address], enoughTime())
  assert.deepEqual(await source.locate(remote.root, enoughTime()), { wasLocal: false })
  assert.deepEqual(await source.locate(remote.root, enoughTime()), { wasLocal: true })
  assert.equal((await source.identify(enoughTime())).peerId, node.peerId)
})

test('the node itself ends the look for a root that nobody has, when the time is over', {
  timeout,
}, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  await assert.rejects(
    source.locate(unknownCid, { ...enoughTime(), timeoutMs: 300 }),
    ({ name, code, message, cause }) => {
      assert.deepEqual([name, code], ['TransientError', 'timed-out'])
      assert.match(message, /within 300 ms/)
      assert.equal(cause.name, 'KuboCommandError')
      return true
    },
  )
})

test('locate of the empty block, which no peer sends, gives it to the node', { timeout }, async () => {
  await using provider = await startKuboNode()
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { cid } = await provider.client.add(new Uint8Array(0), { cidVersion: 1, rawLeaves: true })
  await using _origins = await source.connectOrigins([provider.address], enoughTime())
  await source.locate(cid.toString(), enoughTime())
})

test('locate on an offline node reports a missing root as not-found at once', { timeout }, async () => {
  await using node = await startKuboNode({ offline: true })
  await using source = connectNode(node)
  await assert.rejects(source.locate(unknownCid, enoughTime()), { code: 'not-found' })
})

test('locate stops with the reason of the caller', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const stop = new AbortController()
  const located = source.locate(unknownCid, { timeoutMs: 20_000, signal: stop.signal })
  const reason = new Error('the pin was cancelled')
  stop.abort(reason)
  await assert.rejects(located, error => error === reason)
})

test('a node that is gone is reported as source-unavailable and as not ready', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  assert.equal(await source.isReady(enoughTime()), true)
  await node.kill()
  assert.equal(await source.isReady(enoughTime()), false)
  await assert.rejects(source.locate(unknownCid, enoughTime()), {
    name: 'TransientError',
    code: 'source-unavailable',
  })
})

test('a node that is stopped while it looks says nothing about the CID', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const located = source.locate(unknownCid, enoughTime())
  const isLooking = async () => {
    const { wantlist } = await node.client.bitswap.stat()
    assert.ok(wantlist.some(cid => cid.toString() === unknownCid))
  }
  await pollUntil(isLooking, { what: 'the search', timeoutMs: 10_000 })
  await Promise.all([node.stop(), assert.rejects(located, { code: 'source-unavailable' })])
})

test('a gateway that does not answer makes the node not ready, where it is used', { timeout }, async () => {
  await using node = await startKuboNode()
  const gatewayUrl = 'http://127.0.0.1:1'
  await using source = connectNode(node, { gatewayUrl })
  await using exporting = connectNode(node, { gatewayUrl, carSource: 'dag-export' })
  assert.equal(await source.isReady(enoughTime()), false)
  assert.equal(await exporting.isReady(enoughTime()), true)
})
