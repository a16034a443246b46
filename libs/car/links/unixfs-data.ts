import { NO_VARINT, type Position, readProtobufVarint } from './protobuf-varint.ts'

// Message `Data` of UnixFS (specs.ipfs.tech/unixfs, "Data Format"): field number << 3 | wire type.
const TYPE = (1 << 3) | 0
const DATA = (2 << 3) | 2
const FIRST_KEY = 1 << 3

// Values of the field `Type`.
const RAW = 0
const DIRECTORY = 1
const FILE = 2
const METADATA = 3
const SYMLINK = 4
const HAMT_SHARD = 5

// Wire types of protobuf.
const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5

/**
 * How many bytes of data the `Data` of a dag-pb node carries, which lies between `position` and `end`: of a file those
 * that are inline, of a symlink its target, of a directory none. What is no UnixFS is data as a whole. Never throws, and
 * leaves `position` anywhere.
 */
export function unixFsDataBytes(block: Uint8Array, position: Position, end: number): number {
  const wholeBytes = end - position.offset
  let type = NO_VARINT
  let dataBytes = 0
  while (position.offset < end) {
    const key = readProtobufVarint(block, end, position)
    if (key < FIRST_KEY) return wholeBytes
    const wireType = key & 7
    if (wireType === VARINT || wireType === LENGTH_DELIMITED) {
      const value = readProtobufVarint(block, end, position)
      if (value === NO_VARINT) return wholeBytes
      if (wireType === LENGTH_DELIMITED) position.offset += value
      // As protobuf has it, the last of several counts.
      if (key === TYPE) type = value
      else if (key === DATA) dataBytes = value
    } else if (wireType === FIXED_64) position.offset += 8
    else if (wireType === FIXED_32) position.offset += 4
    else return wholeBytes
    if (position.offset > end) return wholeBytes
  }
  switch (type) {
    case RAW:
    case FILE:
    case SYMLINK:
      return dataBytes
    case DIRECTORY:
    case METADATA:
    case HAMT_SHARD:
      return 0
    default:
      return wholeBytes
  }
}
