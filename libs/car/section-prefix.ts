import { TransientError } from '#libs/errors/index.ts'
import { type CidParts, createCidParts, parseCid } from './cid-bytes.ts'
import { INCOMPLETE, MALFORMED, MAX_VARINT_BYTES, readVarint } from './varint.ts'

/**
 * Longest CID with a supported digest: version, codec, hash code and digest length as varints, and 128 bytes
 * of digest.
 */
export const MAX_CID_BYTES = 1 + MAX_VARINT_BYTES + MAX_VARINT_BYTES + 2 + 128
/** Longest beginning of a section that must be at hand to know its CID and length. */
export const MAX_PREFIX_BYTES = MAX_VARINT_BYTES + MAX_CID_BYTES

/** The beginning of a CAR section. One object is reused for all sections. */
export type SectionPrefix = {
  cid: CidParts
  blockBytes: number
  cursor: { bytes: Uint8Array; offset: number; end: number }
}

export function createSectionPrefix(): SectionPrefix {
  return { cid: createCidParts(), blockBytes: 0, cursor: { bytes: new Uint8Array(0), offset: 0, end: 0 } }
}

/**
 * Parses length and CID of the section at `start` (ipld.io/specs/transport/car/carv1, "data section").
 * Answers the offset of its block, or `INCOMPLETE`, which it never does for `MAX_PREFIX_BYTES` or more.
 * Throws `bad-car`.
 */
export function parseSectionPrefix(
  bytes: Uint8Array,
  start: number,
  limit: number,
  section: SectionPrefix,
): number {
  const { cursor, cid } = section
  cursor.bytes = bytes
  cursor.offset = start
  cursor.end = limit
  const sectionBytes = readVarint(cursor)
  if (sectionBytes === INCOMPLETE) return INCOMPLETE
  if (sectionBytes === MALFORMED) throw badCar('a section has no valid length')
  if (sectionBytes === 0) throw badCar('a section has zero length')
  const sectionEnd = cursor.offset + sectionBytes
  const blockStart = parseCid(bytes, cursor.offset, Math.min(limit, sectionEnd), cid)
  if (blockStart === INCOMPLETE) {
    if (sectionEnd <= limit) throw badCar('a section is shorter than its CID')
    if (limit - start >= MAX_PREFIX_BYTES) throw badCar('a section begins with an overlong CID')
    return INCOMPLETE
  }
  if (blockStart === MALFORMED) throw badCar('a section does not begin with a CID')
  if (blockStart - start > MAX_PREFIX_BYTES) throw badCar('a section begins with an overlong CID')
  section.blockBytes = sectionEnd - blockStart
  return blockStart
}

const badCar = (message: string) => new TransientError('bad-car', `not a CAR: ${message}`)
