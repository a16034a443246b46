import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, type PBNode } from '@ipld/dag-pb'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { flipBits, testBytes } from '../testing/build-car.ts'
import { rawBlock } from '../testing/test-blocks.ts'
import { protobufField, unixFsData } from '../testing/unixfs.ts'
import { scanDagPb } from './dag-pb.ts'
import { LinkList } from './link-list.ts'

function hashesOf(block: Uint8Array): Uint8Array[] {
  const links = new LinkList()
  scanDagPb(block, links)
  return Array.from({ length: links.count }, (_, i) => links.bytes.slice(links.start(i), links.end(i)))
}

/**
 * The hashes by the reference decoder, or undefined where it refuses the block or a `Hash` that is no CID.
 */
function referenceHashes(block: Uint8Array): string[] | undefined {
  try {
    return decode(block).Links.map(link => link.Hash.toString())
  } catch {
    return undefined
  }
}

function scannedHashes(block: Uint8Array): string[] | undefined {
  try {
    return hashesOf(block).map(hash => CID.decode(hash).toString())
  } catch {
    return undefined
  }
}

const cids = fc.nat({ max: 1000 }).map(seed => rawBlock(testBytes(8, seed)).cid)
const nodes: fc.Arbitrary<PBNode> = fc
  .record({
    Data: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
    Links: fc.array(
      fc.record(
        { Hash: cids, Name: fc.string({ maxLength: 8 }), Tsize: fc.maxSafeNat() },
        { requiredKeys: ['Hash'] },
      ),
      { maxLength: 8 },
    ),
  })
  .map(({ Data, Links }) => {
    // The encoder wants the links sorted by the bytes of their names.
    const sorted = Links.sort((a, b) => Buffer.compare(Buffer.from(a.Name ?? ''), Buffer.from(b.Name ?? '')))
    return Data ? { Data, Links: sorted } : { Links: sorted }
  })

test('it finds the links that the reference decoder finds, in order', { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(nodes, node => {
      const block = encode(node)
      assert.deepEqual(
        scannedHashes(block),
        node.Links.map(link => link.Hash.toString()),
      )
    }),
  )
})

test('a damaged node is refused, or read as the reference decoder reads it', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(nodes, fc.nat(), fc.integer({ min: 1, max: 255 }), (node, at, mask) => {
      const block = encode(node)
      fc.pre(block.length > 0)
      const damaged = flipBits(block, at % block.length, mask)
      assert.deepEqual(scannedHashes(damaged), referenceHashes(damaged))
    }),
    { numRuns: 5000 },
  )
})

test('a cut node is refused, or read as the reference decoder reads it', { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(nodes, fc.nat(), (node, at) => {
      const block = encode(node)
      const cut = block.subarray(0, at % (block.length + 1))
      assert.deepEqual(scannedHashes(cut), referenceHashes(cut))
    }),
    { numRuns: 1000 },
  )
})

const link = [0x12, 0x04, 0x0a, 0x02, 0x01, 0x55]
const data = [0x0a, 0x01, 0x61]
for (const [name, block] of [
  ['data twice', [...data, ...data]],
  ['links on both sides of the data', [...link, ...data, ...link]],
  ['a link without a Hash', [0x12, 0x00]],
  ['a Hash behind the Name', [0x12, 0x06, 0x12, 0x00, 0x0a, 0x02, 0x01, 0x55]],
  ['a Hash twice', [0x12, 0x08, 0x0a, 0x02, 0x01, 0x55, 0x0a, 0x02, 0x01, 0x55]],
  ['an unknown field', [0x1a, 0x00]],
  ['a field of a wrong wire type', [0x08, 0x01]],
  ['a link longer than the block', [0x12, 0x20, 0x0a, 0x02, 0x01, 0x55]],
  ['a Hash longer than its link', [0x12, 0x04, 0x0a, 0x03, 0x01, 0x55, 0x0a, 0x00]],
  ['a varint without end', [0x12, ...Array.from({ length: 12 }, () => 0x80)]],
  ['a length of 2^60', [0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
] as const) {
  test(`it refuses ${name}`, { timeout: 10_000 }, () => {
    assert.throws(() => hashesOf(Uint8Array.from(block)), /^Error: dag-pb/)
  })
}

test('it takes links before and behind the data', { timeout: 10_000 }, () => {
  assert.deepEqual(hashesOf(Uint8Array.from([...link, ...data])), [Uint8Array.from([0x01, 0x55])])
  assert.deepEqual(hashesOf(Uint8Array.from([...data, ...link])), [Uint8Array.from([0x01, 0x55])])
})

test('it tells how much data the node carries, wherever its links are', { timeout: 10_000 }, () => {
  const dataBytesOf = (...fields: Uint8Array[]) =>
    scanDagPb(new Uint8Array(Buffer.concat(fields)), new LinkList())
  const links = Uint8Array.from(link)
  const file = protobufField(1, unixFsData('file', testBytes(300, 1)))
  assert.equal(dataBytesOf(file), 300)
  assert.equal(dataBytesOf(links, file), 300)
  assert.equal(dataBytesOf(file, links), 300)
  assert.equal(dataBytesOf(protobufField(1, unixFsData('directory')), links), 0)
  assert.equal(dataBytesOf(protobufField(1, new TextEncoder().encode('no UnixFS')), links), 9)
  assert.equal(dataBytesOf(links), 0)
})
