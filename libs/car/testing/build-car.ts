import { encode as encodeDagCbor } from '@ipld/dag-cbor'
import { varint } from 'multiformats'
import type { CID } from 'multiformats/cid'
import { pbBlock, rawBlock, type TestBlock } from './test-blocks.ts'

/** A DAG with its blocks in the order in which a depth-first exporter sends them, each once. */
export type TestDag = { root: CID; blocks: TestBlock[] }

/** Bytes of an unsigned varint. */
export function encodeVarint(value: number): Uint8Array {
  return varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)))
}

/** Joins parts into one new array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** Header of a CARv1, length included; `fields` replaces or adds fields. */
export function carHeader(roots: readonly CID[], fields: Record<string, unknown> = {}): Uint8Array {
  const header = encodeDagCbor({ version: 1, roots, ...fields })
  return joinBytes([encodeVarint(header.length), header])
}

/** A section of a CAR. */
export function carSection({ cid, bytes }: TestBlock): Uint8Array {
  return joinBytes([encodeVarint(cid.bytes.length + bytes.length), cid.bytes, bytes])
}

/** A CARv1 of exactly these blocks in this order, right or wrong. */
export function buildCar({ root, blocks }: TestDag): Uint8Array {
  return joinBytes([carHeader([root]), ...blocks.map(carSection)])
}

/**
 * A balanced dag-pb tree over raw leaves, like an imported file: `leaves` leaves of `leafBytes` bytes, all
 * different, `fanOut` links a node. Depth-first order.
 */
export function buildTree(options: {
  leaves: number
  leafBytes: number
  fanOut?: number
  seed?: number
}): TestDag {
  const { leaves, leafBytes, fanOut = 174, seed = 1 } = options
  let level: TestDag[] = Array.from({ length: leaves }, (_, index) => {
    const leaf = rawBlock(testBytes(leafBytes, seed * 0x100000 + index))
    return { root: leaf.cid, blocks: [leaf] }
  })
  do {
    const parents: TestDag[] = []
    for (let i = 0; i < level.length; i += fanOut) {
      const children = level.slice(i, i + fanOut)
      const node = pbBlock(children.map(child => child.root))
      parents.push({ root: node.cid, blocks: [node, ...children.flatMap(child => child.blocks)] })
    }
    level = parents
  } while (level.length > 1)
  return level[0]!
}

/**
 * `length` bytes that differ from seed to seed; the seed is in the first four bytes, so four bytes are the
 * least that differ for sure.
 */
export function testBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = (seed ^ 0x9e3779b9) >>> 0
  for (let i = 0; i < length; i++) {
    if (i < 4) {
      bytes[i] = seed >>> (8 * i)
      continue
    }
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** A copy with the bits of `mask` flipped in one byte. */
export function flipBits(bytes: Uint8Array, at: number, mask = 0x01): Uint8Array {
  const copy = bytes.slice()
  copy[at] = copy[at]! ^ mask
  return copy
}
