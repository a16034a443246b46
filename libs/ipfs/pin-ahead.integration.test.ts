import assert from 'node:assert/strict'
import { test } from 'node:test'

import { CID } from 'multiformats/cid'

import type { PinProgress } from './dag-source.ts'
import { connectNode, enoughTime } from './testing/connect-node.ts'
import { startKuboNode } from './testing/kubo-node.ts'
import { addRandomDag, removeBlock } from './testing/random-dag.ts'

const timeout = 60_000
const ignoreProgress = () => undefined

test('pinAhead brings the whole DAG, counts it and pins it by name', { timeout }, async () => {
  await using provider = await startKuboNode()
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { root } = await addRandomDag(provider, { leaves: 16 })
  await using _origins = await source.connectOrigins([provider.address], enoughTime())

  const seen: PinProgress[] = []
  await source.pinAhead(root, { ...enoughTime(), name: 'job-1', onProgress: value => seen.push(value) })

  const last = seen.at(-1)
  assert.equal(last?.blocks, 17)
  assert.ok(last.bytes > 16 * 262_144)
  assert.equal(new Set(seen.map(value => JSON.stringify(value))).size, seen.length)
  const pins = await Array.fromAsync(node.client.pin.ls({ type: 'recursive', names: true }))
  assert.equal(pins.find(pin => pin.cid.toString() === root)?.name, 'job-1')
})

test('pinAhead on an offline node fails as dag-incomplete with the words of Kubo', { timeout }, async () => {
  await using node = await startKuboNode({ offline: true })
  await using source = connectNode(node)
  const { root, leaves } = await addRandomDag(node, { leaves: 4 })
  const missing = leaves[2] ?? ''
  await removeBlock(node, missing)
  const pinned = source.pinAhead(root, { ...enoughTime(), name: 'job', onProgress: ignoreProgress })
  await assert.rejects(pinned, {
    name: 'TransientError',
    code: 'dag-incomplete',
    message: new RegExp(missing),
  })
})

test('pinAhead reports equal progress once and times out on a leaf that nobody has', {
  timeout,
}, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { root, leaves } = await addRandomDag(node, { leaves: 4 })
  await removeBlock(node, leaves[2] ?? '')
  const seen: PinProgress[] = []
  const options = { ...enoughTime(), timeoutMs: 1_800, name: 'job' }
  await assert.rejects(source.pinAhead(root, { ...options, onProgress: value => seen.push(value) }), {
    name: 'TransientError',
    code: 'timed-out',
  })
  assert.equal(seen.length, 1)
})

for (const how of ['kill', 'stop'] as const)
  test(`pinAhead on a node whose end by ${how} comes on the way fails as source-unavailable`, {
    timeout,
  }, async () => {
    await using node = await startKuboNode()
    await using source = connectNode(node)
    const { root, leaves } = await addRandomDag(node, { leaves: 4 })
    await removeBlock(node, leaves[2] ?? '')
    const ended: Promise<void>[] = []
    const onProgress = () => void ended.push(node[how]())
    await assert.rejects(source.pinAhead(root, { ...enoughTime(), name: 'job', onProgress }), {
      name: 'TransientError',
      code: 'source-unavailable',
    })
    await Promise.all(ended)
  })

test('a pin that is given up at any moment is removed by the unpin that follows', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { root } = await addRandomDag(node, { leaves: 8 })
  for (let steps = 0; steps < 120; steps++) {
    const given = new AbortController()
    const options = { timeoutMs: 20_000, signal: given.signal, name: 'job', onProgress: ignoreProgress }
    const ended = source.pinAhead(root, options).catch((error: unknown) => error)
    for (let i = 0; i < steps; i++) await new Promise(setImmediate)
    given.abort()
    await ended
    await source.unpin(root, enoughTime())
  }
  // Kubo works on a pin of another DAG meanwhile, so that a late one of the first has had its time.
  const { root: another } = await addRandomDag(node, { leaves: 8 })
  await source.pinAhead(another, { ...enoughTime(), name: 'other', onProgress: ignoreProgress })
  assert.equal(await source.findPin(root, enoughTime()), undefined)
})

test('the recursive pins of a node are listed with their names', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { root } = await addRandomDag(node, { leaves: 2 })
  await source.pinAhead(root, { ...enoughTime(), name: 'job', onProgress: ignoreProgress })
  const other = await node.client.add('unnamed', { pin: true })
  const pins = new Map((await source.listPins(enoughTime())).map(({ cid, name }) => [cid, name]))
  assert.equal(pins.get(root), 'job')
  assert.equal(pins.get(other.cid.toString()), '')
})

test('a pin is found by its CID and keeps its name, and a CID without one has none', {
  timeout,
}, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { root, leaves } = await addRandomDag(node, { leaves: 2 })
  const { cid: unnamed } = await node.client.add('unnamed', { pin: true })
  await source.unpin(root, enoughTime())
  assert.equal(await source.findPin(root, enoughTime()), undefined)
  await source.pinAhead(root, { ...enoughTime(), name: 'mine', onProgress: ignoreProgress })
  assert.deepEqual(await source.findPin(root, enoughTime()), { cid: root, name: 'mine' })
  assert.equal(await source.findPin(leaves[0] ?? '', enoughTime()), undefined)
  const again = unnamed.toV1().toString()
  await source.pinAhead(again, { ...enoughTime(), name: '', onProgress: ignoreProgress })
  assert.deepEqual(await source.findPin(again, enoughTime()), { cid: again, name: '' })
})

test('unpin removes the pin and may be repeated', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const { root } = await addRandomDag(node, { leaves: 2 })
  await source.pinAhead(root, { ...enoughTime(), name: 'job', onProgress: ignoreProgress })
  const { signal } = enoughTime()
  await source.unpin(root, { signal })
  await source.unpin(root, { signal })
  const pins = await Array.fromAsync(node.client.pin.ls({ type: 'recursive' }))
  assert.ok(pins.every(pin => pin.cid.toString() !== root))
})

test('collectGarbage waits for the pin, keeps what it holds and removes the rest', { timeout }, async () => {
  await using provider = await startKuboNode()
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const kept = await addRandomDag(provider, { leaves: 8 })
  const loose = await addRandomDag(node, { leaves: 3 })
  const late = kept.leaves[5] ?? ''
  const block = await provider.client.block.get(CID.parse(late))
  await removeBlock(provider, late)
  await using _origins = await source.connectOrigins([provider.address], enoughTime())

  const running = Promise.withResolvers<void>()
  let pinEnded = false
  const pinned = source
    .pinAhead(kept.root, { ...enoughTime(), name: 'job', onProgress: () => running.resolve() })
    .then(() => (pinEnded = true))
  await running.promise
  const collected = source.collectGarbage(enoughTime()).then(result => ({ ...result, pinEnded }))
  await node.client.block.put(block, { format: 'raw', version: 1 })
  await pinned

  const result = await collected
  assert.equal(result.pinEnded, true)
  assert.ok(result.removedBlocks >= 4)
  await source.locate(kept.root, { ...enoughTime(), timeoutMs: 300 })
  await assert.rejects(source.locate(loose.root, { ...enoughTime(), timeoutMs: 300 }), { code: 'timed-out' })
})
