import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'

import { CarReader } from '@ipld/car'

import { connectNode, enoughTime } from './testing/connect-node.ts'
import { startKuboNode } from './testing/kubo-node.ts'
import { addRandomDag, removeBlock } from './testing/random-dag.ts'

const timeout = 60_000
const carSources = ['gateway', 'dag-export'] as const

test('both sources give the same bytes, a CAR with the root and all blocks', { timeout }, async () => {
  await using node = await startKuboNode()
  await using gateway = connectNode(node, { carSource: 'gateway' })
  await using dagExport = connectNode(node, { carSource: 'dag-export' })
  const dag = await addRandomDag(node, { leaves: 20 })

  const car = await buffer(gateway.streamCar(dag.root, enoughTime()))
  assert.ok(car.equals(await buffer(dagExport.streamCar(dag.root, enoughTime()))))

  const reader = await CarReader.fromBytes(car)
  assert.deepEqual((await reader.getRoots()).map(String), [dag.root])
  const blocks = await Array.fromAsync(reader.blocks())
  assert.deepEqual(
    blocks.map(({ cid }) => cid.toString()),
    [dag.root, ...dag.leaves],
  )
})

test('a gateway asked as localhost gives the CAR too', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node, { gatewayUrl: node.gatewayUrl.replace('127.0.0.1', 'localhost') })
  const dag = await addRandomDag(node, { leaves: 1 })
  assert.ok((await buffer(source.streamCar(dag.root, enoughTime()))).length > 262_144)
})

for (const carSource of carSources) {
  test(`${carSource}: a leaf missing on an offline node fails as dag-incomplete`, { timeout }, async () => {
    await using node = await startKuboNode({ offline: true })
    await using source = connectNode(node, { carSource })
    const { root, leaves } = await addRandomDag(node, { leaves: 8 })
    await removeBlock(node, leaves[5] ?? '')
    await assert.rejects(buffer(source.streamCar(root, enoughTime())), {
      name: 'TransientError',
      code: 'dag-incomplete',
    })
  })

  test(`${carSource}: a leaf that nobody has fails as timed-out when the time is over`, {
    timeout,
  }, async () => {
    await using node = await startKuboNode()
    await using source = connectNode(node, { carSource })
    const { root, leaves } = await addRandomDag(node, { leaves: 8 })
    await removeBlock(node, leaves[5] ?? '')
    await assert.rejects(buffer(source.streamCar(root, { ...enoughTime(), timeoutMs: 500 })), {
      name: 'TransientError',
      code: 'timed-out',
    })
  })

  test(`${carSource}: a node killed in mid-stream fails as source-unavailable`, { timeout }, async () => {
    await using node = await startKuboNode()
    await using source = connectNode(node, { carSource })
    const { root } = await addRandomDag(node, { leaves: 64, leafBytes: 1_048_576 })
    const read = async () => {
      for await (const _chunk of source.streamCar(root, enoughTime())) await node.kill()
    }
    await assert.rejects(read(), { name: 'TransientError', code: 'source-unavailable' })
  })

  test(`${carSource}: aborting in mid-stream throws the caller's reason`, { timeout }, async () => {
    await using node = await startKuboNode()
    await using source = connectNode(node, { carSource })
    const { root } = await addRandomDag(node, { leaves: 64, leafBytes: 1_048_576 })
    const stop = new AbortController()
    const reason = new Error('the pin was cancelled')
    const read = async () => {
      const { timeoutMs } = enoughTime()
      for await (const _chunk of source.streamCar(root, { timeoutMs, signal: stop.signal }))
        stop.abort(reason)
    }
    await assert.rejects(read(), error => error === reason)
  })
}

test('a gateway that gives up on a missing leaf breaks the stream with an error', { timeout }, async () => {
  await using node = await startKuboNode({ retrievalTimeout: '1s' })
  await using source = connectNode(node)
  const { root, leaves } = await addRandomDag(node, { leaves: 8 })
  await removeBlock(node, leaves[5] ?? '')
  await assert.rejects(buffer(source.streamCar(root, enoughTime())), { name: 'TransientError' })
})

test('the local CAR holds what the node has, without waiting for what it lacks', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { root, leaves } = await addRandomDag(node, { leaves: 8 })
  await removeBlock(node, leaves[5] ?? '')
  const reader = await CarReader.fromBytes(await buffer(source.streamLocalCar(root, enoughTime())))
  const cids = await Array.fromAsync(reader.cids())
  assert.deepEqual(cids.map(String), [root, ...leaves.toSpliced(5, 1)])
})
