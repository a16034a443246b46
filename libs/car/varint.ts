/** What a reader answers instead of a value when the bytes end too early: more bytes may complete it. */
export const INCOMPLETE = -1
/** What a reader answers instead of a value when no further byte can make the bytes valid. */
export const MALFORMED = -2

/** A place in `bytes`; reading stops before `end`. */
export type Cursor = { bytes: Uint8Array; offset: number; end: number }

/** Longest varint that the specification allows. */
export const MAX_VARINT_BYTES = 9

/**
 * Reads an unsigned varint (multiformats/unsigned-varint) and moves the cursor behind it. Answers {@link
 * INCOMPLETE} or {@link MALFORMED}, with the cursor unmoved, for anything but the one shortest form of at
 * most 9 bytes. Values above 2^53 - 1 count as malformed: no length or code in use comes near it.
 */
export function readVarint(cursor: Cursor): number {
  const { bytes, offset, end } = cursor
  let value = 0
  let scale = 1
  for (let read = 0; read < MAX_VARINT_BYTES; read++) {
    if (offset + read >= end) return INCOMPLETE
    const byte = bytes[offset + read]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) {
      if ((byte === 0 && read > 0) || value > Number.MAX_SAFE_INTEGER) return MALFORMED
      cursor.offset = offset + read + 1
      return value
    }
    scale *= 128
  }
  return MALFORMED
}
