import { CID } from 'multiformats/cid'
import { DAG_PB } from './codecs.ts'
import { SHA2_256 } from './hash-functions.ts'
import { type Cursor, INCOMPLETE, MALFORMED, readVarint } from './varint.ts'

/**
 * Where the parts of a binary CID lie inside `bytes`. One object is reused for many CIDs, so that none is
 * allocated per block.
 */
export type CidParts = {
  bytes: Uint8Array
  start: number
  codec: number
  hashCode: number
  multihashStart: number
  digestStart: number
  end: number
}

const SHA2_256_BYTES = 32
const CIDV0_BYTES = 34
const COMMON_CIDV1_BYTES = 36
const ONE_BYTE_VARINT = 0x80

export function createCidParts(bytes = new Uint8Array(0)): CidParts {
  return { bytes, start: 0, codec: 0, hashCode: 0, multihashStart: 0, digestStart: 0, end: 0 }
}

/** Whether the multihash is a full sha2-256, which is nearly every CID there is. */
export const isSha256 = (cid: CidParts): boolean =>
  cid.hashCode === SHA2_256 && cid.end - cid.digestStart === SHA2_256_BYTES

/**
 * Parses the binary CID that begins at `start` and stops before `limit` (multiformats/cid, "decoding
 * algorithm"). Answers the offset behind it, or `INCOMPLETE` or `MALFORMED`. Takes CIDv0 and CIDv1, and
 * varints only in their shortest form.
 */
export function parseCid(bytes: Uint8Array, start: number, limit: number, parts: CidParts): number {
  parts.bytes = bytes
  parts.start = start
  if (limit - start >= COMMON_CIDV1_BYTES && isCommonCidV1(bytes, start)) {
    parts.codec = bytes[start + 1]!
    return fillSha256(parts, start + 2)
  }
  if (limit - start >= CIDV0_BYTES && bytes[start] === SHA2_256 && bytes[start + 1] === SHA2_256_BYTES) {
    parts.codec = DAG_PB
    return fillSha256(parts, start)
  }
  return parseAnyCid({ bytes, offset: start, end: limit }, parts)
}

function isCommonCidV1(bytes: Uint8Array, start: number): boolean {
  return (
    bytes[start] === 1 &&
    bytes[start + 1]! < ONE_BYTE_VARINT &&
    bytes[start + 2] === SHA2_256 &&
    bytes[start + 3] === SHA2_256_BYTES
  )
}

function fillSha256(parts: CidParts, multihashStart: number): number {
  parts.hashCode = SHA2_256
  parts.multihashStart = multihashStart
  parts.digestStart = multihashStart + 2
  parts.end = multihashStart + 2 + SHA2_256_BYTES
  return parts.end
}

function parseAnyCid(cursor: Cursor, parts: CidParts): number {
  const version = readVarint(cursor)
  // 0x12 is no version: it is the first byte of the bare multihash that a CIDv0 is.
  if (version === SHA2_256) return parseCidV0(cursor, parts)
  if (version < 0) return version
  if (version !== 1) return MALFORMED
  parts.codec = readVarint(cursor)
  if (parts.codec < 0) return parts.codec
  parts.multihashStart = cursor.offset
  parts.hashCode = readVarint(cursor)
  if (parts.hashCode < 0) return parts.hashCode
  const digestBytes = readVarint(cursor)
  if (digestBytes < 0) return digestBytes
  parts.digestStart = cursor.offset
  parts.end = cursor.offset + digestBytes
  return parts.end <= cursor.end ? parts.end : INCOMPLETE
}

function parseCidV0(cursor: Cursor, parts: CidParts): number {
  parts.codec = DAG_PB
  if (cursor.offset === cursor.end) return INCOMPLETE
  if (cursor.bytes[cursor.offset] !== SHA2_256_BYTES) return MALFORMED
  const end = fillSha256(parts, parts.start)
  return end <= cursor.end ? end : INCOMPLETE
}

/** Copies a CID into `held`, which owns `bytes`, so that it outlives the buffer it was parsed from. */
export function holdCid(cid: CidParts, held: CidParts): void {
  held.bytes.set(cid.bytes.subarray(cid.start, cid.end))
  held.start = 0
  held.codec = cid.codec
  held.hashCode = cid.hashCode
  held.multihashStart = cid.multihashStart - cid.start
  held.digestStart = cid.digestStart - cid.start
  held.end = cid.end - cid.start
}

/** The canonical text (CIDv1, base32) of a parsed CID. */
export function cidText({ bytes, start, end }: CidParts): string {
  return CID.decode(bytes.slice(start, end)).toV1().toString()
}
