import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { addBytes, rpc } from './content.ts'
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

test('what somebody has pinned on the IPFS node of the fetcher stays pinned there, by its name', {
  timeout: 60_000,
}, async () => {
  const { client, kubo } = pipeline
  // So large that the transfer lasts long enough for a pin of its own.
  const bytes = randomBytes(24 * 1024 ** 2)
  const cid = await addBytes(kubo, bytes, 'cid-version=1&pin=true&pin-name=mine')
  await client.pin(cid)
  const { status, error } = await client.settled(cid)
  assert.equal(status, 'pinned', error)
  const { Keys: pins } = JSON.parse(await rpc(kubo, `pin/ls?arg=${cid}&type=recursive&names=true`))
  assert.deepEqual(pins, { [cid]: { Type: 'recursive', Name: 'mine' } })
})
