import type { LinkList } from './link-list.ts'
import { NO_VARINT, type Position, readProtobufVarint } from './protobuf-varint.ts'
import { unixFsDataBytes } from './unixfs-data.ts'

// Field keys of PBNode and PBLink: field number << 3 | wire type (ipld.io/specs/codecs/dag-pb).
const NODE_DATA = (1 << 3) | 2
const NODE_LINKS = (2 << 3) | 2
const LINK_HASH = (1 << 3) | 2
const LINK_NAME = (2 << 3) | 2
const LINK_TSIZE = (3 << 3) | 0

/**
 * Adds the `Hash` of every link of a dag-pb block to `links`, in order, and answers how many bytes of data the block
 * carries. Throws for bytes that are no dag-pb: it accepts what `@ipld/dag-pb` decodes, but copies no data and decodes no
 * names. That a `Hash` is a CID is for the caller to check.
 */
export function scanDagPb(block: Uint8Array, links: LinkList): number {
  const position = { offset: 0 }
  let dataBytes = 0
  let hasData = false
  let hasLinks = false
  let linksAreClosed = false
  while (position.offset < block.length) {
    const key = readVarint(block, block.length, position)
    const end = readEnd(block, block.length, position)
    if (key === NODE_LINKS) {
      if (linksAreClosed) throw new Error('dag-pb: links on both sides of the data')
      hasLinks = true
      scanLink(block, position, end, links)
    } else if (key === NODE_DATA) {
      if (hasData) throw new Error('dag-pb: more than one Data field')
      hasData = true
      linksAreClosed = hasLinks
      dataBytes = unixFsDataBytes(block, position, end)
    } else {
      throw new Error(`dag-pb: unknown field key ${key} in a node`)
    }
    position.offset = end
  }
  return dataBytes
}

/** The fields of a link may only come in the order Hash, Name, Tsize, each at most once. */
function scanLink(block: Uint8Array, position: Position, end: number, links: LinkList): void {
  let last = 0
  let hasHash = false
  while (position.offset < end) {
    const key = readVarint(block, end, position)
    if (key <= last) throw new Error('dag-pb: fields of a link repeat or are out of order')
    last = key
    if (key === LINK_TSIZE) {
      readVarint(block, end, position)
    } else if (key === LINK_HASH || key === LINK_NAME) {
      const fieldEnd = readEnd(block, end, position)
      if (key === LINK_HASH) {
        links.add(block, position.offset, fieldEnd)
        hasHash = true
      }
      position.offset = fieldEnd
    } else {
      throw new Error(`dag-pb: unknown field key ${key} in a link`)
    }
  }
  if (!hasHash) throw new Error('dag-pb: link without a Hash')
}

function readEnd(block: Uint8Array, limit: number, position: Position): number {
  const length = readVarint(block, limit, position)
  const end = position.offset + length
  if (end > limit) throw new Error('dag-pb: a field is longer than what holds it')
  return end
}

function readVarint(block: Uint8Array, limit: number, position: Position): number {
  const value = readProtobufVarint(block, limit, position)
  if (value === NO_VARINT) throw new Error('dag-pb: a varint is cut or too long')
  return value
}
