import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { buildTree, type TestDag, testBytes } from '#libs/car/testing/build-car.ts'
import { asCodec, cborBlock, rawBlock, type TestBlock } from '#libs/car/testing/test-blocks.ts'
import { addBlocks, addBytes } from './content.ts'
import { deadLetter } from './dead-letters.ts'
import { nothingIsLeft } from './leftovers.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const settings = {
  MAX_CAR_BYTES: '4000000',
  MAX_BLOCK_BYTES: '300000',
  MAX_BLOCKS: '300',
  FAILURE_LIMIT: '2',
}

/** Of no codec: multicodec reserves 0x300000 to 0x3fffff for private use. */
const madeUpCodec = 0x300001

const without = ({ root, blocks }: TestDag, missing: TestBlock): TestDag => ({
  root,
  blocks: blocks.filter(block => block !== missing),
})

/** The leaf at `index`, in depth-first order, of a tree with one inner node. */
const leafOf = ({ blocks }: TestDag, index: number): TestBlock => blocks[1 + index]!

let pipeline: Pipeline
let provider: RunningKubo
let worker: number | undefined

before(
  async () => {
    pipeline = await startPipeline({ settings })
    provider = await pipeline.startNode('provider')
    worker = pipeline.children.fetcher.pid
  },
  { timeout: 60_000 },
)
after(() => pipeline[Symbol.asyncDispose]())

/** Pins a CID and waits for its failure, which is the same over HTTP and in the dead letter. */
async function failureOf(cid: string, origins: readonly string[] = provider.multiaddrs) {
  await pipeline.client.pin(cid, { origins })
  const { status, error, failure } = await pipeline.client.settled(cid)
  assert.equal(status, 'pin_error')
  assert.ok(failure)
  assert.equal(error, `${failure.code}: ${failure.message}. ${failure.explanation}`)
  const letter = await deadLetter(pipeline, body => JSON.parse(body).data.cid === cid)
  assert.deepEqual([letter.code, letter.reason], [failure.code, failure.message])
  return failure
}

test('a CID that nobody has ends as not-found', { timeout: 60_000 }, async () => {
  const { code, message } = await failureOf(rawBlock('nobody has this').cid.toString())
  assert.equal(code, 'not-found')
  assert.match(message, /^Could not find the root bafk\w+ within 2000 ms$/)
})

test('a DAG without one of its leaves ends as dag-incomplete, with the CID of the leaf', {
  timeout: 60_000,
}, async () => {
  const dag = buildTree({ leaves: 8, leafBytes: 10_000, seed: 11 })
  const leaf = leafOf(dag, 5)
  const { code, message, missing_cids } = await failureOf(await addBlocks(provider, without(dag, leaf)))
  assert.equal(code, 'dag-incomplete')
  assert.ok(message.includes(leaf.cid.toString()), message)
  assert.deepEqual(missing_cids, [leaf.cid.toString()])
})

test('a provider that stops in the middle of a transfer makes it end as stalled', {
  timeout: 60_000,
}, async t => {
  const { client } = pipeline
  const stopping = await pipeline.startNode('stopping')
  // One leaf is missing, so that the transfer cannot be over before the provider is stopped.
  const dag = buildTree({ leaves: 8, leafBytes: 50_000, seed: 12 })
  const cid = await addBlocks(stopping, without(dag, leafOf(dag, 6)))
  await client.pin(cid, { origins: stopping.multiaddrs })
  await client.settled(cid, { until: ({ progress }) => (progress?.car_bytes ?? 0) > 50_000 })
  const { pid } = stopping.child
  assert.ok(pid)
  process.kill(pid, 'SIGSTOP')
  t.after(() => process.kill(pid, 'SIGCONT'))
  const { code, message } = await failureOf(cid, stopping.multiaddrs)
  assert.equal(code, 'stalled')
  assert.match(message, /^nothing came for too long; waiting for block bafk/)
})

test('a DAG larger than the limit ends as car-too-big by its stream', { timeout: 60_000 }, async () => {
  const dag = buildTree({ leaves: 20, leafBytes: 250_000, seed: 13 })
  const { code, message } = await failureOf(await addBlocks(provider, dag))
  assert.equal(code, 'car-too-big')
  assert.match(message, /larger than 4000000 bytes$/)
})

test('a DAG larger than the limit ends as car-too-big by the pin ahead of a stream that waits', {
  timeout: 60_000,
}, async () => {
  const dag = buildTree({ leaves: 20, leafBytes: 250_000, seed: 14 })
  const { code, message } = await failureOf(await addBlocks(provider, without(dag, leafOf(dag, 0))))
  assert.equal(code, 'car-too-big')
  assert.equal(message, 'the DAG is larger than 4000000 bytes')
})

test('a root of an unknown codec ends as unsupported-codec', { timeout: 60_000 }, async () => {
  const block = rawBlock('what this is, nobody knows')
  await addBlocks(provider, { root: block.cid, blocks: [block] })
  const cid = asCodec(block, madeUpCodec).cid.toString()
  const { code, message } = await failureOf(cid)
  assert.equal(code, 'unsupported-codec')
  assert.equal(message, `the links of ${cid} cannot be checked: codec 0x300001 is not supported`)
})

test('a child of an unknown codec ends as unsupported-codec', { timeout: 60_000 }, async () => {
  const child = rawBlock('a child that nobody can read')
  const unknown = asCodec(child, madeUpCodec).cid
  const top = cborBlock({ unknown })
  const { code, message } = await failureOf(
    await addBlocks(provider, { root: top.cid, blocks: [top, child] }),
  )
  assert.equal(code, 'unsupported-codec')
  assert.equal(
    message,
    `the links of ${unknown.toString()} cannot be checked: codec 0x300001 is not supported`,
  )
})

test('a block larger than the limit ends as block-too-big', { timeout: 60_000 }, async () => {
  const dag = buildTree({ leaves: 2, leafBytes: 400_000, seed: 15 })
  const { code, message } = await failureOf(await addBlocks(provider, dag))
  assert.equal(code, 'block-too-big')
  assert.equal(message, `block ${leafOf(dag, 0).cid.toString()} has 400000 bytes, more than 300000`)
})

test('more blocks than the limit end as too-many-blocks', { timeout: 60_000 }, async () => {
  const { code, message } = await failureOf(
    await addBlocks(provider, buildTree({ leaves: 400, leafBytes: 100, seed: 16 })),
  )
  assert.equal(code, 'too-many-blocks')
  assert.match(message, /more than 300 blocks$/)
})

test('afterwards nothing is left in staging, in uploads or in the IPFS node', {
  timeout: 20_000,
}, async () => {
  await nothingIsLeft(pipeline)
})

test('the worker that saw all this pins a good CID', { timeout: 60_000 }, async () => {
  const { client, children } = pipeline
  const cid = await addBytes(provider, testBytes(500_000, 17))
  await client.pin(cid, { origins: provider.multiaddrs })
  const { status, error } = await client.settled(cid)
  assert.equal(status, 'pinned', error)
  assert.ok(worker)
  assert.equal(children.fetcher.pid, worker)
})
