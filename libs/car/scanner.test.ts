import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import {
  buildCar,
  buildTree,
  carHeader,
  encodeVarint,
  flipBits,
  joinBytes,
  testBytes,
} from './testing/build-car.ts'
import { failureOfScan, scanCar } from './testing/scan.ts'
import {
  asCodec,
  pbBlock,
  rawBlock,
  type TestBlock,
  type TestHash,
  testHashes,
} from './testing/test-blocks.ts'

const timeout = 20_000
const DAG_CBOR = 0x71
const leaf = rawBlock('leaf')
const other = rawBlock('other leaf')
const root = pbBlock([leaf.cid, other.cid])
const blocks = [root, leaf, other]
const car = buildCar({ root: root.cid, blocks })

const header = carHeader([root.cid])
const carOf = (first: TestBlock, ...rest: TestBlock[]) =>
  buildCar({ root: first.cid, blocks: [first, ...rest] })
const names = (...wanted: TestBlock[]) => wanted.map(({ cid }) => cid.toString())

test('a complete CAR gives its root, its own CID and its counts', { timeout }, () => {
  const digest = createHash('sha256').update(car).digest()
  assert.deepEqual(scanCar(root.cid.toString(), car), {
    root: root.cid.toString(),
    carCid: CID.createV1(0x0202, createDigest(0x12, digest)).toString(),
    sizeBytes: car.length,
    blocks: 3,
    dagBytes: root.bytes.length + leaf.bytes.length + other.bytes.length,
    rawBytes: leaf.bytes.length + other.bytes.length,
  })
})

test('a CIDv0 root is the same as its CIDv1', { timeout }, () => {
  const v0 = { cid: root.cid.toV0(), bytes: root.bytes }
  const asV0 = carOf(v0, leaf, other)
  assert.equal(scanCar(root.cid, asV0).root, root.cid.toString())
  assert.equal(scanCar(v0.cid.toString(), car).root, root.cid.toString())
})

test('a DAG of one block is complete, an empty block too', { timeout }, () => {
  assert.equal(scanCar(leaf.cid, carOf(leaf)).blocks, 1)
  const empty = rawBlock('')
  assert.equal(scanCar(empty.cid, carOf(empty), { chunkBytes: 1 }).dagBytes, 0)
})

test('a big tree is complete whatever the chunks', { timeout }, () => {
  const tree = buildTree({ leaves: 300, leafBytes: 5000, fanOut: 7 })
  const bytes = buildCar(tree)
  for (const chunkBytes of [1000, 4096, 65_536, bytes.length]) {
    assert.equal(scanCar(tree.root, bytes, { chunkBytes }).blocks, tree.blocks.length)
  }
})

test('blocks of every supported hash function are checked, whole and in pieces', { timeout }, () => {
  for (const hash of Object.keys(testHashes) as TestHash[]) {
    const bytes = testBytes(hash === 'identity' ? 100 : 40_000, 7)
    const block = rawBlock(bytes, hash)
    const top = pbBlock([block.cid])
    const good = carOf(top, block)
    for (const chunkBytes of [999, good.length]) {
      assert.equal(scanCar(top.cid, good, { chunkBytes }).blocks, 2, hash)
      const bad = flipBits(good, good.length - 1)
      assert.equal(failureOfScan(top.cid, bad, { chunkBytes }), 'bad-block', hash)
    }
  }
})

test('a truncated digest is checked as far as it goes', { timeout }, () => {
  const bytes = testBytes(100, 1)
  const digest = createHash('sha256').update(bytes).digest().subarray(0, 20)
  const short = { cid: CID.createV1(0x55, createDigest(0x12, digest)), bytes }
  assert.equal(scanCar(short.cid, carOf(short)).blocks, 1)
  assert.equal(failureOfScan(short.cid, carOf({ ...short, bytes: flipBits(bytes, 3) })), 'bad-block')
})

test('a foreign block is unexpected, first, in between and last', { timeout }, () => {
  const foreign = rawBlock('foreign')
  for (const at of [0, 1, 2, 3]) {
    const mixed = blocks.toSpliced(at, 0, foreign)
    assert.equal(failureOfScan(root.cid, buildCar({ root: root.cid, blocks: mixed })), 'unexpected-block')
  }
})

test('the CAR of another DAG under the asked root is unexpected', { timeout }, () => {
  const tree = buildTree({ leaves: 3, leafBytes: 100 })
  assert.equal(failureOfScan(root.cid, buildCar({ root: root.cid, blocks: tree.blocks })), 'unexpected-block')
})

test('a child before its parent is unexpected', { timeout }, () => {
  assert.equal(
    failureOfScan(root.cid, buildCar({ root: root.cid, blocks: [leaf, root, other] })),
    'unexpected-block',
  )
})

test('a section under a codec that nobody links to is unexpected', { timeout }, () => {
  assert.equal(failureOfScan(root.cid, carOf(root, asCodec(leaf, DAG_CBOR), other)), 'unexpected-block')
})

test('a linked block may come again, in any place', { timeout }, () => {
  assert.equal(scanCar(root.cid, carOf(root, leaf, leaf, other, root, leaf)).blocks, 6)
})

test('a repeated block is checked like the first', { timeout }, () => {
  const bad = carOf(root, leaf, other, { cid: leaf.cid, bytes: other.bytes })
  assert.equal(failureOfScan(root.cid, bad), 'bad-block')
})

test('a dropped block is missing by its name', { timeout }, () => {
  assert.equal(failureOfScan(root.cid, carOf(root, other)), 'dag-incomplete')
  assert.throws(() => scanCar(root.cid, carOf(root, other)), { missingCids: names(leaf) })
})

test('at most 20 missing blocks are named', { timeout }, () => {
  const many = pbBlock(Array.from({ length: 50 }, (_, i) => rawBlock(testBytes(9, i)).cid))
  assert.throws(
    () => scanCar(many.cid, carOf(many)),
    (error: { missingCids?: string[]; message: string }) =>
      error.missingCids?.length === 20 && /50 linked blocks/.test(error.message),
  )
})

test('a CAR of a header alone misses its root', { timeout }, () => {
  assert.throws(() => scanCar(root.cid, header), { code: 'dag-incomplete', missingCids: names(root) })
})

// Limits

test('limits are permanent, and the limit itself is allowed', { timeout }, () => {
  const limits = { maxCarBytes: car.length, maxBlockBytes: root.bytes.length, maxBlocks: 3 }
  assert.equal(scanCar(root.cid, car, { limits }).blocks, 3)
  const fails = (changed: Partial<typeof limits>) =>
    failureOfScan(root.cid, car, { limits: { ...limits, ...changed } })
  assert.equal(fails({ maxCarBytes: car.length - 1 }), 'car-too-big (permanent)')
  assert.equal(fails({ maxBlockBytes: root.bytes.length - 1 }), 'block-too-big (permanent)')
  assert.equal(fails({ maxBlocks: 2 }), 'too-many-blocks (permanent)')
})

test('repeated blocks count for the limit of blocks', { timeout }, () => {
  const limits = { maxBlocks: 3 }
  assert.equal(
    failureOfScan(root.cid, carOf(root, leaf, other, leaf), { limits }),
    'too-many-blocks (permanent)',
  )
})

test('a block that is too big is refused by its length, before its bytes come', { timeout }, () => {
  const announced = joinBytes([header, encodeVarint(2 ** 40), root.cid.bytes])
  assert.equal(failureOfScan(root.cid, announced), 'block-too-big (permanent)')
})
