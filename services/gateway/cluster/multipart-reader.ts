import { HttpError } from '#libs/http/index.ts'
import { type PartHeaders, readPartHeaders } from './part-headers.ts'

/** What the next bytes of a body are. The bytes are a view of the chunk or of a buffer made for them. */
export type MultipartEvent = { kind: 'part'; headers: PartHeaders } | { kind: 'data'; bytes: Uint8Array }

/**
 * Reads a multipart body (RFC 2046, section 5.1) as it streams by, and holds no more of it than a chunk and what may be
 * the beginning of a delimiter. It is synchronous and sees every byte in passing, so that it can also watch over a body
 * that somebody else reads. After a throw it is dead.
 */
export type MultipartReader = {
  /** Throws `HttpError` 400 for what is no multipart body. */
  push(chunk: Uint8Array): MultipartEvent[]
  /** Call it after the last byte. Throws `HttpError` 400 when there is no part or the closing delimiter did not come. */
  end(): void
}

/** Every part is remembered until the answer is given. */
const maxParts = 1_000_000
/** For the headers of a part, and for what stands before the first and behind the last part. */
const maxOverheadBytes = 16 * 1024
/** White space between a boundary and its line break, which RFC 2046 allows. */
const maxPaddingBytes = 64
const crlf = '\r\n'
const none = Buffer.alloc(0)

/** `boundary` is without the dashes in front of it. */
export const createMultipartReader = (boundary: string): MultipartReader => new Reader(boundary)

class Reader implements MultipartReader {
  readonly #delimiter: Buffer
  #state: 'preamble' | 'headers' | 'data' | 'epilogue' = 'preamble'
  #overheadBytes = 0
  #partCount = 0
  // The first delimiter may stand at the very beginning, without a line break before it.
  #held: Buffer = Buffer.from(crlf)
  #events: MultipartEvent[] = []

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`${crlf}--${boundary}`)
  }

  push(chunk: Uint8Array): MultipartEvent[] {
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : viewOf(chunk)
    this.#held = none
    this.#events = []
    while (rest.length > 0) rest = this.#read(rest)
    return this.#events
  }

  end(): void {
    if (this.#state === 'preamble')
      throw new HttpError(400, 'multipart: no part begins: is the boundary the one of the body?')
    if (this.#state !== 'epilogue')
      throw new HttpError(400, 'multipart: the body ends before its closing delimiter')
    if (this.#partCount === 0) throw new HttpError(400, 'multipart: there is no part')
  }

  /** Reads from the front of `bytes` and answers what is left to read. */
  #read(bytes: Buffer): Buffer {
    if (this.#state === 'headers') return this.#readHeaders(bytes)
    if (this.#state !== 'epilogue') return this.#readUpToDelimiter(bytes)
    this.#skip(bytes.length, 'behind the closing delimiter')
    return none
  }

  #readHeaders(bytes: Buffer): Buffer {
    const end = bytes.indexOf(crlf + crlf)
    if (end > maxOverheadBytes || (end < 0 && bytes.length > maxOverheadBytes))
      throw new HttpError(400, `multipart: the headers of a part are longer than ${maxOverheadBytes} bytes`)
    if (end < 0) return this.#hold(bytes)
    this.#events.push({ kind: 'part', headers: readPartHeaders(bytes.toString('utf8', crlf.length, end)) })
    if (++this.#partCount > maxParts) throw new HttpError(413, `multipart: more than ${maxParts} parts`)
    this.#state = 'data'
    return bytes.subarray(end + 2 * crlf.length)
  }

  #readUpToDelimiter(bytes: Buffer): Buffer {
    const start = bytes.indexOf(this.#delimiter)
    if (start < 0) {
      const kept = this.#startOfTail(bytes)
      this.#pass(bytes.subarray(0, kept))
      return this.#hold(bytes.subarray(kept))
    }
    this.#pass(bytes.subarray(0, start))
    return this.#readDelimiter(bytes.subarray(start))
  }

  /** Reads the delimiter at the front of `bytes` with the rest of its line. The line break stays for the headers. */
  #readDelimiter(bytes: Buffer): Buffer {
    const { length } = this.#delimiter
    const line = bytes.toString('latin1', length, length + maxPaddingBytes)
    const [padding = ''] = /^[ \t]*/.exec(line) ?? []
    if (line.startsWith('--')) {
      this.#state = 'epilogue'
      return bytes.subarray(length + 2)
    }
    if (line.startsWith(crlf, padding.length)) {
      this.#state = 'headers'
      return bytes.subarray(length + padding.length)
    }
    const isCut = line === '-' || line === padding || line === `${padding}\r`
    if (isCut && line.length < maxPaddingBytes) return this.#hold(bytes)
    // The boundary goes on: it is not ours, and part of the data.
    this.#pass(bytes.subarray(0, length))
    return bytes.subarray(length)
  }

  #pass(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#state === 'preamble') this.#skip(bytes.length, 'before the first part: is the boundary right?')
    else this.#events.push({ kind: 'data', bytes })
  }

  #skip(count: number, where: string): void {
    this.#overheadBytes += count
    if (this.#overheadBytes > maxOverheadBytes)
      throw new HttpError(400, `multipart: more than ${maxOverheadBytes} bytes ${where}`)
  }

  /** Where in `bytes` a delimiter may begin whose end is still to come. */
  #startOfTail(bytes: Buffer): number {
    const first = Math.max(0, bytes.length - this.#delimiter.length + 1)
    const found = bytes.indexOf(crlf[0]!, first)
    return found < 0 ? bytes.length : found
  }

  #hold(bytes: Buffer): Buffer {
    // A copy: the chunk is its owner's again after this call.
    this.#held = Buffer.from(bytes)
    return none
  }
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length)
