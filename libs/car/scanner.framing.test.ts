import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CID } from 'multiformats/cid'
import { createCarScanner } from './scanner.ts'
import { buildCar, carHeader, carSection, encodeVarint, joinBytes } from './testing/build-car.ts'
import { codeOf, failureOfScan, scanCar, wideLimits } from './testing/scan.ts'
import { pbBlock, rawBlock } from './testing/test-blocks.ts'

const timeout = 20_000
const DAG_CBOR = 0x71
const leaf = rawBlock('leaf')
const other = rawBlock('other leaf')
const root = pbBlock([leaf.cid, other.cid])
const blocks = [root, leaf, other]
const car = buildCar({ root: root.cid, blocks })

// Header

test('a header that says 1 GiB is refused before its bytes come', { timeout }, () => {
  for (const bytes of [2 ** 30, 8193]) {
    const scanner = createCarScanner({ root: root.cid, limits: wideLimits })
    assert.equal(
      codeOf(() => scanner.push(encodeVarint(bytes))),
      'bad-car',
    )
  }
})

for (const [name, bytes] of [
  ['nothing at all', new Uint8Array(0)],
  ['a header of zero length', Uint8Array.of(0)],
  ['a header length longer than needed', Uint8Array.of(0xbb, 0x00)],
  ['a header length without end', new Uint8Array(20).fill(0x80)],
  ['a header that is no CBOR', Uint8Array.of(1, 0xff)],
  ['a header that is no map', Uint8Array.of(1, 0x01)],
  ['the pragma of a CARv2', Uint8Array.from([0x0a, 0xa1, 0x67, ...Buffer.from('version'), 0x02])],
  ['CAR version 3', carHeader([root.cid], { version: 3 })],
  ['a header without roots', carHeader([], { roots: null })],
  ['a header with a field more', carHeader([root.cid], { more: 1 })],
  ['a web page', Buffer.from('<!doctype html><html></html>')],
  ['a cut header', car.subarray(0, 20)],
] as const) {
  test(`${name} is no CAR`, { timeout }, () => {
    assert.equal(failureOfScan(root.cid, bytes), 'bad-car')
    assert.equal(failureOfScan(root.cid, bytes, { chunkBytes: 1 }), 'bad-car')
  })
}

for (const [name, roots] of [
  ['another root', [leaf.cid]],
  ['no root', []],
  ['two roots', [root.cid, leaf.cid]],
  ['the same root twice', [root.cid, root.cid]],
  ['the root under another codec', [CID.createV1(DAG_CBOR, root.cid.multihash)]],
] as const) {
  test(`${name} in the header is a wrong root`, { timeout }, () => {
    assert.equal(
      failureOfScan(root.cid, joinBytes([carHeader(roots), ...blocks.map(carSection)])),
      'wrong-root',
    )
  })
}

// Sections

const header = carHeader([root.cid])
for (const [name, bytes] of [
  ['a zero-length section', Uint8Array.of(0)],
  ['a section length longer than needed', Uint8Array.of(0xa6, 0x80, 0x00)],
  ['a section length without end', new Uint8Array(20).fill(0x80)],
  ['a section shorter than its CID', joinBytes([Uint8Array.of(10), root.cid.bytes])],
  ['a section that begins with no CID', Uint8Array.from([5, 0x47, 1, 2, 3, 4])],
  [
    'a section whose CID says 1 GiB of digest',
    joinBytes([
      Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 0x55, 0x12),
      encodeVarint(2 ** 30),
      new Uint8Array(300),
    ]),
  ],
  [
    'the error text of the Kubo gateway',
    Buffer.from('[Gateway Error: CAR stream truncated, response is incomplete]'),
  ],
] as const) {
  test(`${name} is damage`, { timeout }, () => {
    for (const front of [header, car]) {
      for (const chunkBytes of [1, 7, 1000]) {
        assert.equal(failureOfScan(root.cid, joinBytes([front, bytes]), { chunkBytes }), 'bad-car')
      }
    }
  })
}

test('a zero-length section is called by its name', { timeout }, () => {
  assert.throws(() => scanCar(root.cid, joinBytes([car, Uint8Array.of(0)])), /zero length/)
})
