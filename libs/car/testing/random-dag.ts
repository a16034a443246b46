import { decode as decodeDagCbor } from '@ipld/dag-cbor'
import { decode as decodeDagJson } from '@ipld/dag-json'
import { decode as decodeDagPb } from '@ipld/dag-pb'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import type { TestDag } from './build-car.ts'
import {
  asCodec,
  cborBlock,
  jsonBlock,
  pbBlock,
  rawBlock,
  type TestBlock,
  type TestHash,
} from './test-blocks.ts'

type NodeSpec = {
  kind: 'raw' | 'pb' | 'cbor' | 'json'
  hash: TestHash
  seed: number
  children: number[]
  asRaw: boolean
}

const nodeSpecs: fc.Arbitrary<NodeSpec> = fc.record({
  kind: fc.constantFrom('raw', 'pb', 'cbor', 'json'),
  hash: fc.constantFrom(
    'sha2-256',
    'sha2-256',
    'sha2-256',
    'sha2-512',
    'blake2b-256',
    'sha3-256',
    'blake3',
    'sha1',
    'identity',
  ),
  seed: fc.nat({ max: 40 }),
  children: fc.array(fc.nat(), { maxLength: 5 }),
  asRaw: fc.boolean(),
})

/**
 * Random DAGs as `dag/export` of Kubo would send them: dag-pb, dag-cbor, dag-json and raw blocks, several
 * hash functions, shared sub-trees, identity links, and links to the bytes of a block as raw beside links to
 * the block.
 */
export const randomDags: fc.Arbitrary<TestDag> = fc
  .array(nodeSpecs, { minLength: 1, maxLength: 14 })
  .map(specs => {
    const made: TestBlock[] = []
    for (const spec of specs) {
      const children = made.length === 0 ? [] : spec.children.map(index => made[index % made.length]!)
      made.push(
        makeNode(
          spec,
          children.map(child => (spec.asRaw ? asCodec(child, 0x55) : child).cid),
        ),
      )
    }
    const top = cborBlock(made.map(({ cid }) => cid))
    return exportDag(top.cid, [...made, top])
  })

function makeNode(spec: NodeSpec, links: CID[]): TestBlock {
  const block = nodeOf(spec, links, spec.hash)
  // Identity CIDs are small or not at all; a larger block gets a hash.
  return block.cid.multihash.digest.length <= 128 ? block : nodeOf(spec, links, 'sha2-256')
}

function nodeOf({ kind, seed }: NodeSpec, links: CID[], hash: TestHash): TestBlock {
  switch (kind) {
    case 'raw':
      return rawBlock(`leaf ${seed}`.repeat(1 + seed), hash)
    case 'pb':
      return pbBlock(links, Uint8Array.of(seed), hash)
    case 'cbor':
      return cborBlock({ seed, links }, hash)
    case 'json':
      return jsonBlock({ seed, links: links.map(link => ({ link })) }, hash)
  }
}

/** The blocks under `root` in depth-first order, each CID once, found among `blocks` by their multihash. */
export function exportDag(root: CID, blocks: readonly TestBlock[]): TestDag {
  const byHash = new Map(blocks.map(({ cid, bytes }) => [hashKey(cid), bytes]))
  const sent = new Map<string, TestBlock>()
  const visit = (cid: CID) => {
    if (sent.has(cid.toString())) return
    const bytes = byHash.get(hashKey(cid))
    if (!bytes) throw new Error(`no block ${cid.toString()}`)
    sent.set(cid.toString(), { cid, bytes })
    for (const link of linksOf({ cid, bytes })) visit(link)
  }
  visit(root)
  return { root, blocks: [...sent.values()] }
}

/** The multihash of a CID as text. */
export const hashKey = (cid: CID): string => Buffer.from(cid.multihash.bytes).toString('hex')

/** The links of a block by the reference decoders. */
export function linksOf({ cid, bytes }: TestBlock): CID[] {
  switch (cid.code) {
    case 0x70:
      return decodeDagPb(bytes).Links.map(link => link.Hash)
    case 0x71:
      return cidsIn(decodeDagCbor(bytes))
    case 0x0129:
      return cidsIn(decodeDagJson(bytes))
    default:
      return []
  }
}

function cidsIn(value: unknown): CID[] {
  if (value instanceof CID) return [value]
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
    ? Object.values(value).flatMap(cidsIn)
    : []
}
