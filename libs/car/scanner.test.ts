import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { encode as encodeDagCbor } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { createCarScanner } from './scanner.ts'
import {
  buildCar,
  buildTree,
  carHeader,
  carSection,
  encodeVarint,
  flipBits,
  joinBytes,
  testBytes,
} from './testing/build-car.ts'
import { codeOf, failureOfScan, scanCar, wideLimits } from './testing/scan.ts'
import {
  asCodec,
  blockOf,
  cborBlock,
  jsonBlock,
  pbBlock,
  rawBlock,
  type TestBlock,
  type TestHash,
  testHashes,
} from './testing/test-blocks.ts'

const timeout = 20_000
const DAG_PB = 0x70
const DAG_CBOR = 0x71
const DAG_JOSE = 0x85

const leaf = rawBlock('leaf')
const other = rawBlock('other leaf')
const root = pbBlock([leaf.cid, other.cid])
const blocks = [root, leaf, other]
const car = buildCar({ root: root.cid, blocks })

const carOf = (first: TestBlock, ...rest: TestBlock[]) =>
  buildCar({ root: first.cid, blocks: [first, ...rest] })
const missingOf = (asked: CID, bytes: Uint8Array) => {
  const scanner = createCarScanner({ root: asked, limits: wideLimits })
  scanner.push(bytes)
  return scanner.missing(100)
}
const names = (...wanted: TestBlock[]) => wanted.map(({ cid }) => cid.toString())

test('a complete CAR gives its root, its own CID and its counts', { timeout }, () => {
  const digest = createHash('sha256').update(car).digest()
  assert.deepEqual(scanCar(root.cid.toString(), car), {
    root: root.cid.toString(),
    carCid: CID.createV1(0x0202, createDigest(0x12, digest)).toString(),
    sizeBytes: car.length,
    blocks: 3,
    dagBytes: root.bytes.length + leaf.bytes.length + other.bytes.length,
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

// Header

test('a header that says 1 GiB is refused before its bytes come', { timeout }, () => {
  assert.equal(failureOfScan(root.cid, encodeVarint(2 ** 30)), 'bad-car')
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
