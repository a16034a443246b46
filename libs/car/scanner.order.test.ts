import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { createCarScanner } from './scanner.ts'
import { buildCar, buildTree, carHeader, type TestDag } from './testing/build-car.ts'
import { randomDags } from './testing/random-dag.ts'
import { codeOf, failureOfScan, scanCar, wideLimits } from './testing/scan.ts'
import { rawBlock } from './testing/test-blocks.ts'

const timeout = 60_000
const anyOrder = true

/** A random DAG without identity blocks and without bytes under two codecs, its blocks in an order of their own. */
const shuffledDags = randomDags
  .map(({ root, blocks }): TestDag => {
    const distinct = new Map(blocks.map(block => [block.cid.toString(), block]))
    return { root, blocks: [...distinct.values()] }
  })
  .filter(({ blocks }) => {
    const hashes = new Set(blocks.map(({ cid }) => Buffer.from(cid.multihash.bytes).toString('hex')))
    return hashes.size === blocks.length && blocks.every(({ cid }) => cid.multihash.code !== 0)
  })
  .chain(({ root, blocks }) => {
    const all = { minLength: blocks.length, maxLength: blocks.length }
    return fc.shuffledSubarray(blocks, all).map(shuffled => ({ root, blocks: shuffled }))
  })

test('in any order a DAG is complete, with the same facts', { timeout }, () => {
  fc.assert(
    fc.property(shuffledDags, fc.integer({ min: 1, max: 3000 }), (dag, chunkBytes) => {
      const report = scanCar(dag.root, buildCar(dag), { chunkBytes, anyOrder })
      assert.equal(report.blocks, dag.blocks.length)
    }),
    { numRuns: 300 },
  )
})

test('in any order a DAG without one of its blocks is incomplete', { timeout }, () => {
  fc.assert(
    fc.property(shuffledDags, fc.nat(), ({ root, blocks }, pick) => {
      const lost = pick % blocks.length
      const car = buildCar({ root, blocks: blocks.filter((_block, at) => at !== lost) })
      assert.equal(failureOfScan(root, car, { anyOrder }), 'dag-incomplete')
    }),
    { numRuns: 300 },
  )
})

test('in any order a block that nothing links to is refused at the end', { timeout }, () => {
  const { root, blocks } = buildTree({ leaves: 5, leafBytes: 50 })
  const foreign = rawBlock(Buffer.from('nobody links here'))
  for (let at = 0; at <= blocks.length; at++) {
    const car = buildCar({ root, blocks: blocks.toSpliced(at, 0, foreign) })
    assert.equal(failureOfScan(root, car, { anyOrder }), 'unexpected-block')
  }
  assert.equal(failureOfScan(root, buildCar({ root, blocks: [...blocks].reverse() })), 'unexpected-block')
})

test('in any order a block may come twice', { timeout }, () => {
  const { root, blocks } = buildTree({ leaves: 5, leafBytes: 50 })
  const twice = [...blocks, ...blocks].reverse()
  assert.equal(scanCar(root, buildCar({ root, blocks: twice }), { anyOrder }).blocks, twice.length)
})

test('in any order the limit on blocks counts those that nothing links to', { timeout }, () => {
  const { root } = buildTree({ leaves: 1, leafBytes: 10 })
  const foreign = Array.from({ length: 12 }, (_, i) => rawBlock(Buffer.from([i])))
  const car = buildCar({ root, blocks: foreign })
  assert.equal(
    failureOfScan(root, car, { anyOrder, limits: { maxBlocks: 10 } }),
    'too-many-blocks (permanent)',
  )
})

test('without a root asked for it takes the one of the header, as soon as that is whole', { timeout }, () => {
  const dag = buildTree({ leaves: 3, leafBytes: 50 })
  const scanner = createCarScanner({ limits: wideLimits })
  const header = carHeader([dag.root])
  const known = () => scanner.root?.toString()
  scanner.push(header.subarray(0, -1))
  assert.equal(known(), undefined)
  scanner.push(header.subarray(-1))
  assert.equal(known(), dag.root.toString())
  scanner.push(buildCar(dag).subarray(header.length))
  assert.equal(scanner.end().root, dag.root.toString())
})

test('without a root asked for, a header with none or several is refused', { timeout }, () => {
  const { root } = buildTree({ leaves: 3, leafBytes: 50 })
  const other = rawBlock(Buffer.from('other')).cid
  for (const roots of [[], [root, other]]) {
    const scanner = createCarScanner({ limits: wideLimits })
    assert.equal(
      codeOf(() => scanner.push(carHeader(roots))),
      'wrong-root',
    )
  }
})

test('in any order a block that cannot be checked is refused, although nothing links to it', {
  timeout,
}, () => {
  const { root } = buildTree({ leaves: 1, leafBytes: 10 })
  const { digest } = rawBlock(Buffer.from('x')).cid.multihash
  for (const [codec, hash, code] of [
    [0x78, 0x12, 'unsupported-codec (permanent)'],
    [0x55, 0xd5, 'unsupported-hash (permanent)'],
  ] as const) {
    const cid = CID.createV1(codec, createDigest(hash, digest))
    const car = buildCar({ root, blocks: [{ cid, bytes: Buffer.from('x') }] })
    assert.equal(failureOfScan(root, car, { anyOrder }), code)
  }
})
