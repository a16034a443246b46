import fc from 'fast-check'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { buildTree, testBytes } from '#libs/car/testing/build-car.ts'
import { exportDag, randomDags } from '#libs/car/testing/random-dag.ts'
import {
  asCodec,
  cborBlock,
  jsonBlock,
  pbBlock,
  rawBlock,
  type TestBlock,
  type TestHash,
} from '#libs/car/testing/test-blocks.ts'
import { addBlocks, addBytes, addDirectory } from './content.ts'

/** Gives the content to a node and answers the CID to ask for. */
export type AddContent = (node: RunningKubo) => Promise<string>

const mebibyte = 1024 ** 2
const codec = { raw: 0x55, dagPb: 0x70, dagCbor: 0x71 }
const [randomA, randomB, randomC] = fc.sample(randomDags, { seed: 20_261, numRuns: 3 })

const dagOf =
  (top: TestBlock, ...others: TestBlock[]): AddContent =>
  node =>
    addBlocks(node, exportDag(top.cid, [top, ...others]))

/** Each hash function for leaves and for the node above them, where the links are found. */
function hashedBy(hash: TestHash): AddContent {
  const leaves = [1, 2, 3].map(i => rawBlock(testBytes(5_000, 900 + i), hash))
  const node = pbBlock(
    leaves.map(({ cid }) => cid),
    undefined,
    hash,
  )
  const top = cborBlock({ hash, node: node.cid }, hash)
  return dagOf(top, node, ...leaves)
}

/** One block linked as raw and as dag-cbor; what it links to is reached only through the second. */
function underTwoCodecs(order: 'raw first' | 'raw last'): AddContent {
  const leaf = rawBlock(`below, ${order}`)
  const inner = cborBlock({ order, leaf: leaf.cid })
  const links = [asCodec(inner, codec.raw).cid, inner.cid]
  return dagOf(cborBlock(order === 'raw first' ? links : links.toReversed()), inner, leaf)
}

function dagPbAndRaw(): AddContent {
  const leaf = rawBlock('below dag-pb')
  const inner = pbBlock([leaf.cid])
  return dagOf(cborBlock([asCodec(inner, codec.raw).cid, { again: inner.cid }]), inner, leaf)
}

function diamond(): AddContent {
  const leaf = rawBlock('reached by two paths')
  const left = pbBlock([leaf.cid], Uint8Array.of(1))
  const right = pbBlock([leaf.cid, leaf.cid], Uint8Array.of(2))
  return dagOf(pbBlock([left.cid, right.cid, left.cid]), left, right, leaf)
}

function identityLinks(): AddContent {
  const leaf = rawBlock('linked from an identity CID only')
  const inline = cborBlock([leaf.cid], 'identity')
  return dagOf(
    cborBlock([rawBlock('inline', 'identity').cid, inline.cid]),
    inline,
    rawBlock('inline', 'identity'),
    leaf,
  )
}

const jsonLeaves = [1, 2, 3].map(i => jsonBlock({ leaf: i, text: 'ü' }))
const cborLeaves = [1, 2, 3].map(i => cborBlock({ leaf: i, bytes: testBytes(1_000, i) }))

/** Every shape of DAG that must end pinned, by what it is. All are different and always the same. */
export const contents: Record<string, AddContent> = {
  'one raw block': node => addBytes(node, testBytes(1_000, 1)),
  'an empty file': node => addBytes(node, new Uint8Array(0)),
  'an empty file as dag-pb': node => addBytes(node, new Uint8Array(0), 'cid-version=1&raw-leaves=false'),
  'a file of 100 MiB in blocks of 256 KiB': node =>
    addBytes(node, testBytes(100 * mebibyte, 2), 'cid-version=1&chunker=size-262144'),
  'a tree of 16 MiB in blocks of 1 KiB': node =>
    addBlocks(node, buildTree({ leaves: 16_384, leafBytes: 1_024, seed: 3 })),
  'a directory of 10,000 entries in HAMT shards': node =>
    addDirectory(
      node,
      Array.from({ length: 10_000 }, (_, i) => `content ${i % 10}`),
    ),
  'a directory with an empty file': node => addDirectory(node, ['not empty', '']),
  'a directory with files inside of their CIDs': node =>
    addDirectory(
      node,
      ['tiny', 'as small', 'too large for an identity CID, by far'],
      'cid-version=1&inline=true',
    ),
  'a file asked for by CIDv0': node => addBytes(node, testBytes(600_000, 4), 'cid-version=0'),
  'a deep tree': node => addBlocks(node, buildTree({ leaves: 64, leafBytes: 100, fanOut: 2, seed: 5 })),
  'a dag-cbor DAG': dagOf(
    cborBlock({ title: 'cbor', list: cborLeaves.map(({ cid }) => ({ cid })) }),
    ...cborLeaves,
  ),
  'a dag-json DAG': dagOf(
    jsonBlock({ title: 'json', list: jsonLeaves.map(({ cid }) => ({ cid })) }),
    ...jsonLeaves,
  ),
  'a DAG with identity links': identityLinks(),
  'an identity root': async () => rawBlock('no more than this', 'identity').cid.toString(),
  'an identity root with a link': dagOf(
    cborBlock([rawBlock('out of line').cid], 'identity'),
    rawBlock('out of line'),
  ),
  'a block reached by two paths': diamond(),
  'a block under two codecs, raw first': underTwoCodecs('raw first'),
  'a block under two codecs, raw last': underTwoCodecs('raw last'),
  'a dag-pb block that is also linked as raw': dagPbAndRaw(),
  'blocks by sha2-512': hashedBy('sha2-512'),
  'blocks by blake2b-256': hashedBy('blake2b-256'),
  'blocks by sha3-256': hashedBy('sha3-256'),
  'blocks by blake3': hashedBy('blake3'),
  'a random DAG of all codecs and hash functions': node => addBlocks(node, randomA!),
  'another random DAG': node => addBlocks(node, randomB!),
  'one more random DAG': node => addBlocks(node, randomC!),
}
