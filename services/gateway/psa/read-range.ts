/** A part of something in bytes. */
export type Part = { offset: number; length: number }

/**
 * The part that a `Range` header asks for of `sizeBytes` bytes. Undefined for the whole, also when the header is of
 * another form or names several parts (RFC 9110, section 14.2: a server may ignore it); `none` when the part begins
 * behind the end.
 */
export function readRange(header: string | undefined, sizeBytes: number): Part | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes)
    return length === 0 ? 'none' : { offset: sizeBytes - length, length }
  }
  const offset = Number(first)
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  if (last !== '' && Number(last) < offset) return undefined
  return offset >= sizeBytes ? 'none' : { offset, length: end - offset }
}
