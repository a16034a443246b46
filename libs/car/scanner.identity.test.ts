import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { createCarScanner } from './scanner.ts'
import { buildCar, carHeader } from './testing/build-car.ts'
import { failureOfScan, scanCar, wideLimits } from './testing/scan.ts'
import { blockOf, cborBlock, pbBlock, rawBlock, type TestBlock } from './testing/test-blocks.ts'

const timeout = 20_000
const DAG_PB = 0x70
const DAG_CBOR = 0x71
const leaf = rawBlock('leaf')
const other = rawBlock('other leaf')
const carOf = (first: TestBlock, ...rest: TestBlock[]) =>
  buildCar({ root: first.cid, blocks: [first, ...rest] })
const missingOf = (asked: CID, bytes: Uint8Array) => {
  const scanner = createCarScanner({ root: asked, limits: wideLimits })
  scanner.push(bytes)
  return scanner.missing(100)
}
const names = (...wanted: TestBlock[]) => wanted.map(({ cid }) => cid.toString())

// Identity

const inlineCbor = (value: unknown) => cborBlock(value, 'identity')

test('an identity root needs no block, and may have one', { timeout }, () => {
  const top = rawBlock('inline', 'identity')
  assert.equal(scanCar(top.cid, buildCar({ root: top.cid, blocks: [] })).blocks, 0)
  assert.equal(scanCar(top.cid, carOf(top)).blocks, 1)
})

test('links inside of identity CIDs count, however nested', { timeout }, () => {
  const nested = inlineCbor([inlineCbor({ x: leaf.cid }).cid])
  const top = cborBlock({ a: nested.cid, b: other.cid })
  assert.equal(scanCar(top.cid, carOf(top, leaf, other)).blocks, 3)
  assert.equal(scanCar(top.cid, carOf(top, nested, leaf, other)).blocks, 4)
  assert.deepEqual(missingOf(top.cid, carOf(top)), names(leaf, other))
  assert.deepEqual(missingOf(nested.cid, carHeader([nested.cid])), names(leaf))
})

test('a section of an identity CID must hold the bytes of the CID', { timeout }, () => {
  const inline = rawBlock('inline', 'identity')
  const top = pbBlock([inline.cid])
  for (const bytes of ['inlinf', 'inlin', 'inline!']) {
    assert.equal(
      failureOfScan(top.cid, carOf(top, { cid: inline.cid, bytes: Buffer.from(bytes) })),
      'bad-block',
    )
  }
  assert.equal(failureOfScan(leaf.cid, carOf(leaf, inline)), 'unexpected-block')
})

test('malformed bytes inside of an identity CID are a bad block', { timeout }, () => {
  const outer = inlineCbor([blockOf(DAG_CBOR, Uint8Array.of(0xff), 'identity').cid])
  const top = cborBlock([leaf.cid, outer.cid])
  assert.equal(failureOfScan(top.cid, carOf(top, leaf)), 'bad-block')
  const noCid = blockOf(DAG_PB, Uint8Array.from([0x12, 0x04, 0x0a, 0x02, 0x01, 0x55]), 'identity')
  const top2 = cborBlock([leaf.cid, noCid.cid])
  assert.equal(failureOfScan(top2.cid, carOf(top2, leaf)), 'bad-block')
})
