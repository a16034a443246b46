const MAX_PROTOBUF_VARINT_BYTES = 10

/** A place in bytes that are read. */
export type Position = { offset: number }

/** What is answered instead of a value when the bytes are no varint. */
export const NO_VARINT = -1

/**
 * Reads a varint of protobuf and moves the position behind it. Other than those of multiformats it may be longer than
 * needed. Answers {@link NO_VARINT} when `limit` cuts it, or when it has more than 10 bytes. Values of 2^53 and above are
 * not exact.
 */
export function readProtobufVarint(bytes: Uint8Array, limit: number, position: Position): number {
  let value = 0
  let scale = 1
  for (let read = 0; read < MAX_PROTOBUF_VARINT_BYTES; read++) {
    if (position.offset >= limit) return NO_VARINT
    const byte = bytes[position.offset++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    scale *= 128
  }
  return NO_VARINT
}
