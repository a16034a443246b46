import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode as encodeDagCbor } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { createCarScanner } from './scanner.ts'
import { buildCar, joinBytes, testBytes } from './testing/build-car.ts'
import { codeOf, failureOfScan, scanCar, wideLimits } from './testing/scan.ts'
import {
  asCodec,
  blockOf,
  cborBlock,
  jsonBlock,
  pbBlock,
  rawBlock,
  type TestBlock,
} from './testing/test-blocks.ts'

const timeout = 20_000
const DAG_PB = 0x70
const DAG_CBOR = 0x71
const DAG_JOSE = 0x85

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

// Codecs

test('links in dag-cbor and dag-json are followed wherever they are', { timeout }, () => {
  for (const block of [cborBlock, jsonBlock]) {
    const top = block({ a: [1, { b: leaf.cid }], ['__proto__']: { c: other.cid }, '/x': null })
    assert.equal(scanCar(top.cid, carOf(top, leaf, other)).blocks, 3)
    assert.throws(() => scanCar(top.cid, carOf(top)), { code: 'dag-incomplete' })
    assert.equal(missingOf(top.cid, carOf(top)).length, 2)
  }
})

test('a link under the key __proto__ counts', { timeout }, () => {
  const link = encodeDagCbor(leaf.cid)
  const key = Buffer.from('__proto__')
  const top = blockOf(DAG_CBOR, joinBytes([Uint8Array.of(0xa1, 0x60 + key.length), key, link]))
  assert.deepEqual(missingOf(top.cid, carOf(top)), names(leaf))
})

test('a map that looks like a CID is no link', { timeout }, () => {
  const top = cborBlock(
    new Map([
      ['/', 'x'],
      ['bytes', 'x'],
      ['version', '1'],
    ]),
  )
  assert.equal(scanCar(top.cid, carOf(top)).blocks, 1)
})

test('the payload of a dag-jose signature is a link', { timeout }, () => {
  const jws = asCodec(
    cborBlock({ payload: leaf.cid.bytes, signatures: [{ signature: testBytes(64, 1) }] }),
    DAG_JOSE,
  )
  assert.equal(scanCar(jws.cid, carOf(jws, leaf)).blocks, 2)
  assert.throws(() => scanCar(jws.cid, carOf(jws)), { missingCids: names(leaf) })
  const jwe = asCodec(cborBlock({ ciphertext: testBytes(9, 1), iv: testBytes(9, 2) }), DAG_JOSE)
  assert.equal(scanCar(jwe.cid, carOf(jwe)).blocks, 1)
})

test('raw, cbor and json blocks have no links', { timeout }, () => {
  for (const codec of [0x55, 0x51, 0x0200]) {
    const top = asCodec(cborBlock(leaf.cid), codec)
    assert.equal(scanCar(top.cid, carOf(top)).blocks, 1)
  }
})

test('an unknown codec or hash function is permanent, in the root and in a link', { timeout }, () => {
  const git = asCodec(leaf, 0x78)
  const md5 = { cid: CID.createV1(0x55, createDigest(0xd5, new Uint8Array(16))), bytes: leaf.bytes }
  for (const [block, code] of [
    [git, 'unsupported-codec (permanent)'],
    [md5, 'unsupported-hash (permanent)'],
  ] as const) {
    const top = pbBlock([block.cid])
    assert.equal(failureOfScan(top.cid, carOf(top)), code)
    assert.equal(
      codeOf(() => createCarScanner({ root: block.cid, limits: wideLimits })),
      code,
    )
  }
})

test('a root that is no CID is an invalid message', { timeout }, () => {
  assert.equal(
    codeOf(() => createCarScanner({ root: 'x', limits: wideLimits })),
    'invalid-message (permanent)',
  )
})

test('a block that is not valid under its codec is bad, though its hash is right', { timeout }, () => {
  const nested = new Uint8Array(1_000_000).fill(0x81)
  for (const codec of [DAG_PB, DAG_CBOR, 0x0129, DAG_JOSE]) {
    for (const bytes of [Uint8Array.of(0xff, 0x00), nested]) {
      const bad = blockOf(codec, bytes)
      assert.equal(failureOfScan(bad.cid, carOf(bad)), 'bad-block', `0x${codec.toString(16)}`)
    }
  }
  const noCid = blockOf(DAG_PB, Uint8Array.from([0x12, 0x04, 0x0a, 0x02, 0x01, 0x55]))
  assert.equal(failureOfScan(noCid.cid, carOf(noCid)), 'bad-block')
})

// One multihash under several codecs

const inner = cborBlock({ link: other.cid })
const innerRaw = asCodec(inner, 0x55)
const innerPb = asCodec(inner, DAG_PB)

test('bytes that come once serve every link to them', { timeout }, () => {
  const both = cborBlock([innerRaw.cid, inner.cid])
  for (const sent of [inner, innerRaw]) {
    assert.equal(scanCar(both.cid, carOf(both, sent, other)).blocks, 3)
    assert.throws(() => scanCar(both.cid, carOf(both, sent)), { missingCids: names(other) })
  }
})

test('bytes that went by before serve a later raw link, but not a later link under a codec with links', {
  timeout,
}, () => {
  const late = (cid: CID) => cborBlock({ late: cid })
  const rawLate = late(innerRaw.cid)
  const top = cborBlock([inner.cid, rawLate.cid])
  assert.equal(scanCar(top.cid, carOf(top, inner, other, rawLate)).blocks, 4)

  const linkLate = late(inner.cid)
  const top2 = cborBlock([innerRaw.cid, linkLate.cid])
  assert.throws(() => scanCar(top2.cid, carOf(top2, innerRaw, linkLate)), { missingCids: names(inner) })
  assert.equal(scanCar(top2.cid, carOf(top2, innerRaw, linkLate, inner, other)).blocks, 5)
})

test('bytes that are linked under a codec they are not valid under are bad', { timeout }, () => {
  const top = cborBlock([inner.cid, innerPb.cid])
  assert.equal(failureOfScan(top.cid, carOf(top, inner, other)), 'bad-block')
})
