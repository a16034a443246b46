import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CID } from 'multiformats/cid'
import { buildCar, testBytes } from './testing/build-car.ts'
import { exportDag, hashKey, randomDags } from './testing/random-dag.ts'
import { scanCar } from './testing/scan.ts'
import { asCodec, cborBlock, jsonBlock, pbBlock, rawBlock, type TestBlock } from './testing/test-blocks.ts'
import { unixFsData } from './testing/unixfs.ts'

const timeout = 60_000
const anyOrder = true
const RAW = 0x55

const carOf = (first: TestBlock, ...rest: TestBlock[]) =>
  buildCar({ root: first.cid, blocks: [first, ...rest] })
const rawBytesOf = (first: TestBlock, ...rest: TestBlock[]) =>
  scanCar(first.cid, carOf(first, ...rest)).rawBytes
const cidsOf = (blocks: readonly TestBlock[]) => blocks.map(({ cid }) => cid)

test('the raw bytes of a file are its length, in raw leaves, in dag-pb leaves and inline', {
  timeout,
}, () => {
  const parts = [testBytes(40_000, 1), testBytes(40_000, 2), testBytes(123, 3)]
  const length = 80_123
  const rawLeaves = parts.map(part => rawBlock(part))
  const file = pbBlock(cidsOf(rawLeaves), unixFsData('file', undefined, length))
  const wrapped = parts.map(part => pbBlock([], unixFsData('raw', part, part.length)))
  const wrappedFile = pbBlock(cidsOf(wrapped), unixFsData('file', undefined, length))
  for (const [root, leaves] of [
    [file, rawLeaves],
    [wrappedFile, wrapped],
  ] as const) {
    for (const chunkBytes of [777, 20_000, 1_000_000])
      assert.equal(scanCar(root.cid, carOf(root, ...leaves), { chunkBytes }).rawBytes, length)
  }
  assert.equal(rawBytesOf(rawBlock('all of it')), 9)
  assert.equal(rawBytesOf(pbBlock([], unixFsData('file', Buffer.from('all of it'), 9))), 9)
  assert.equal(rawBytesOf(pbBlock([], unixFsData('file'))), 0)
})

test('a directory adds nothing to its files, and a file that it has twice counts once', { timeout }, () => {
  const [one, two] = [rawBlock('one'), rawBlock('two and more')]
  const link = pbBlock([], unixFsData('symlink', Buffer.from('../one')))
  const inner = pbBlock([one.cid, link.cid], unixFsData('hamtShard', testBytes(32, 1)))
  const top = pbBlock([inner.cid, two.cid, one.cid], unixFsData('directory'))
  assert.equal(rawBytesOf(top, inner, one, link, two), 3 + 6 + 12)
  assert.equal(rawBytesOf(top, inner, one, link, two, one), 3 + 6 + 12)
})

test('blocks of other codecs, and dag-pb that is no UnixFS, are data as a whole', { timeout }, () => {
  const json = jsonBlock({ some: 'json' })
  const plain = pbBlock([json.cid], Buffer.from('no UnixFS'))
  const cbor = cborBlock({ plain: plain.cid })
  assert.equal(rawBytesOf(cbor, plain, json), cbor.bytes.length + 9 + json.bytes.length)
})

test('the same bytes under two codecs count once, as they came first', { timeout }, () => {
  const file = pbBlock([], unixFsData('file', Buffer.from('twice'), 5))
  const asRaw = asCodec(file, RAW)
  const top = pbBlock([file.cid, asRaw.cid], unixFsData('directory'))
  assert.equal(rawBytesOf(top, file), 5)
  assert.equal(rawBytesOf(top, file, asRaw), 5)
  assert.equal(rawBytesOf(top, asRaw), file.bytes.length)
  const upwards = buildCar({ root: top.cid, blocks: [file, asRaw, top] })
  assert.equal(scanCar(top.cid, upwards, { anyOrder }).rawBytes, 5)
})

test('what lies inside of an identity CID counts once, with and without a block of its own', {
  timeout,
}, () => {
  const inline = rawBlock('inline', 'identity')
  const file = pbBlock([], unixFsData('file', Buffer.from('in dag-pb'), 9), 'identity')
  const top = pbBlock([inline.cid, file.cid, inline.cid], unixFsData('directory'))
  assert.equal(rawBytesOf(top), 6 + 9)
  assert.equal(rawBytesOf(top, inline, file), 6 + 9)
  assert.equal(scanCar(inline.cid, buildCar({ root: inline.cid, blocks: [] })).rawBytes, 6)
})

test('what lies inside of an identity CID in a block that counts as a whole is in that', { timeout }, () => {
  const inline = rawBlock('inline', 'identity')
  const nested = pbBlock([inline.cid], unixFsData('directory'), 'identity')
  const top = cborBlock([nested.cid])
  assert.equal(rawBytesOf(top), top.bytes.length)
  assert.equal(rawBytesOf(top, nested, inline), top.bytes.length)
  const wrapped = cborBlock([inline.cid], 'identity')
  const directory = pbBlock([wrapped.cid], unixFsData('directory'))
  assert.equal(rawBytesOf(directory), wrapped.bytes.length)
})

test('of any DAG they are the same in whatever order it is read, and never more than the blocks have', {
  timeout,
}, () => {
  fc.assert(
    fc.property(randomDags, fc.integer({ min: 1, max: 3_000 }), ({ root, blocks }, chunkBytes) => {
      const car = buildCar({ root, blocks })
      const report = scanCar(root, car, { chunkBytes })
      assert.ok(report.rawBytes <= report.dagBytes)
      assert.deepEqual(scanCar(root, car, { anyOrder }), report)
      const sent = blocks.filter(({ cid }) => cid.multihash.code !== 0)
      const short = scanCar(root, buildCar({ root, blocks: sent }))
      assert.equal(short.rawBytes, report.rawBytes)
      assert.ok(short.rawBytes <= short.dagBytes)
    }),
    { numRuns: 300 },
  )
})

test('of any DAG without identity CIDs they are the sum of the data in its blocks', { timeout }, () => {
  const nodes = fc.array(
    fc.record({
      kind: fc.constantFrom('leaf', 'file', 'directory', 'cbor'),
      data: fc.uint8Array({ maxLength: 100 }),
      links: fc.array(fc.nat(), { maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(nodes, specs => {
      const made: TestBlock[] = []
      const dataBytes = new Map<string, number>()
      for (const { kind, data, links } of specs) {
        const children = made.length === 0 ? [] : links.map(at => made[at % made.length]!.cid)
        const block = blockOfKind(kind, data, children)
        made.push(block)
        const fileBytes = kind === 'directory' ? 0 : data.length
        dataBytes.set(hashKey(block.cid), kind === 'cbor' ? block.bytes.length : fileBytes)
      }
      const { root, blocks } = exportDag(made.at(-1)!.cid, made)
      const expected = blocks.reduce((sum, { cid }) => sum + dataBytes.get(hashKey(cid))!, 0)
      assert.equal(scanCar(root, buildCar({ root, blocks })).rawBytes, expected)
      const upwards = buildCar({ root, blocks: blocks.toReversed() })
      assert.equal(scanCar(root, upwards, { anyOrder }).rawBytes, expected)
    }),
    { numRuns: 300 },
  )
})

function blockOfKind(kind: 'leaf' | 'file' | 'directory' | 'cbor', data: Uint8Array, children: CID[]) {
  switch (kind) {
    case 'leaf':
      return rawBlock(data)
    case 'cbor':
      return cborBlock({ data, children })
    case 'file':
    case 'directory':
      return pbBlock(children, unixFsData(kind, data))
  }
}
