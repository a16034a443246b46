import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { createCarScanner } from './scanner.ts'
import { buildCar, buildTree, carHeader, carSection, joinBytes } from './testing/build-car.ts'
import { scanCar, wideLimits } from './testing/scan.ts'
import { cborBlock, pbBlock, rawBlock, type TestBlock } from './testing/test-blocks.ts'

const timeout = 20_000
const DAG_PB = 0x70
const leaf = rawBlock('leaf')
const other = rawBlock('other leaf')
const root = pbBlock([leaf.cid, other.cid])
const header = carHeader([root.cid])
const carOf = (first: TestBlock, ...rest: TestBlock[]) =>
  buildCar({ root: first.cid, blocks: [first, ...rest] })
const missingOf = (asked: CID, bytes: Uint8Array) => {
  const scanner = createCarScanner({ root: asked, limits: wideLimits })
  scanner.push(bytes)
  return scanner.missing(100)
}
const names = (...wanted: TestBlock[]) => wanted.map(({ cid }) => cid.toString())

// Progress

test('the first missing CID is what a depth-first exporter sends next', { timeout }, () => {
  const tree = buildTree({ leaves: 20, leafBytes: 50, fanOut: 3 })
  const scanner = createCarScanner({ root: tree.root, limits: wideLimits })
  assert.deepEqual(scanner.missing(5), [tree.root.toString()])
  scanner.push(carHeader([tree.root]))
  for (const block of tree.blocks) {
    assert.deepEqual(scanner.missing(1), names(block))
    scanner.push(carSection(block))
  }
  assert.deepEqual(scanner.missing(1), [])
})

test('a block linked from two places is next at the first of them', { timeout }, () => {
  const [x, y, b] = [rawBlock('x'), rawBlock('y'), rawBlock('b')]
  const a = cborBlock([x.cid, y.cid])
  const top = cborBlock([a.cid, b.cid, x.cid])
  assert.deepEqual(missingOf(top.cid, carOf(top)), names(a, b, x))
  assert.deepEqual(missingOf(top.cid, carOf(top, a)), names(x, y, b))
  assert.deepEqual(missingOf(top.cid, carOf(top, a, x, y)), names(b))
  assert.equal(scanCar(top.cid, carOf(top, a, x, y, b)).blocks, 5)
})

test('parents-first orders other than depth-first are complete too', { timeout }, () => {
  const tree = buildTree({ leaves: 9, leafBytes: 30, fanOut: 3 })
  const nodes = tree.blocks.filter(({ cid }) => cid.code === DAG_PB)
  const leaves = tree.blocks.filter(({ cid }) => cid.code !== DAG_PB).reverse()
  const breadthFirst = buildCar({ root: tree.root, blocks: [...nodes, ...leaves] })
  assert.equal(scanCar(tree.root, breadthFirst).blocks, tree.blocks.length)
})

test('the counters grow with what was pushed and checked', { timeout }, () => {
  const scanner = createCarScanner({ root: root.cid, limits: wideLimits })
  const counters = () => [scanner.sizeBytes, scanner.blocks, scanner.dagBytes]
  assert.deepEqual(counters(), [0, 0, 0])
  const half = joinBytes([header, carSection(root), carSection(leaf).subarray(0, 38)])
  scanner.push(half)
  assert.deepEqual(counters(), [half.length, 1, root.bytes.length])
})

test('after an error every call throws the same error', { timeout }, () => {
  const scanner = createCarScanner({ root: root.cid, limits: wideLimits })
  scanner.push(header)
  assert.throws(() => scanner.push(carSection(leaf)), { code: 'unexpected-block' })
  assert.throws(() => scanner.push(carSection(root)), { code: 'unexpected-block' })
  assert.throws(() => scanner.end(), { code: 'unexpected-block' })
})
