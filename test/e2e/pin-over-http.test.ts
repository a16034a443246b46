import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addBytes } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

let pipeline: Pipeline
before(async () => {
  pipeline = await startPipeline()
})
after(() => pipeline[Symbol.asyncDispose]())

test('a CID that another node provides ends pinned, with a receipt', { timeout: 60_000 }, async () => {
  const { client } = pipeline
  const provider = await pipeline.startNode('provider')
  const cid = await addBytes(provider, new Uint8Array(3_000_000).fill(7))
  await client.pin(cid, { name: 'seven', origins: provider.multiaddrs, meta: { app: 'test' } })
  const pinned = await client.settled(cid)
  assert.equal(pinned.status, 'pinned', pinned.error)
  assert.equal(pinned.name, 'seven')
  assert.deepEqual(pinned.metadata, { app: 'test' })
  assert.equal(pinned.receipt?.root, cid)
  const stored = await pipeline.storage.head({ bucket: pinned.receipt.bucket, key: pinned.receipt.key })
  assert.equal(stored?.sizeBytes, pinned.receipt.car_bytes)
})
