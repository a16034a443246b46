import { decode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { TransientError } from '#libs/errors/index.ts'
import { INCOMPLETE, MALFORMED, MAX_VARINT_BYTES, readVarint } from './varint.ts'

/**
 * A header with one root takes about 60 bytes; what announces more than this is no CAR, and is refused before
 * it is buffered.
 */
const MAX_HEADER_BYTES = 8192

/**
 * Reads the dag-cbor header of a CARv1 (ipld.io/specs/transport/car/carv1): version 1 and one root. With `asked` it
 * must be that one, compared by codec and multihash. Throws `bad-car` for what is no such header, and `wrong-root`
 * for other roots.
 */
function readRoot(bytes: Uint8Array, asked: CID | undefined): CID {
  const { version, roots } = decodeHeader(bytes)
  if (version !== 1) throw new TransientError('bad-car', `CAR version ${String(version)} instead of 1`)
  if (!Array.isArray(roots)) throw new TransientError('bad-car', 'the CAR header has no roots')
  const [only] = roots as unknown[]
  if (roots.length !== 1 || !(only instanceof CID) || (asked && !only.toV1().equals(asked.toV1()))) {
    const wanted = asked ? `asked was ${asked.toString()}` : 'one root is needed'
    throw new TransientError(
      'wrong-root',
      `the CAR has the roots [${roots.map(String).join(', ')}], ${wanted}`,
    )
  }
  return only
}

function decodeHeader(bytes: Uint8Array): { version?: unknown; roots?: unknown } {
  let header: unknown
  try {
    header = decode(bytes)
  } catch (cause) {
    throw new TransientError('bad-car', 'the CAR header is not dag-cbor', { cause })
  }
  if (typeof header !== 'object' || header === null || Object.keys(header).length !== 2) {
    throw new TransientError('bad-car', 'the CAR header is not a map of version and roots')
  }
  return header
}

/** Collects the header of a CAR from chunks cut anywhere. */
export class HeaderReader {
  /** The only root, as the header has it, once the header is whole. */
  root: CID | undefined
  readonly #asked: CID | undefined
  readonly #lengthBytes: Uint8Array = new Uint8Array(MAX_VARINT_BYTES)
  #lengthRead = 0
  #header: Uint8Array | undefined
  #headerRead = 0

  /** Without `asked` any one root will do. */
  constructor(asked: CID | undefined) {
    this.#asked = asked
  }

  /**
   * Reads on from `offset` and answers the offset behind what it took. Throws like `readRoot` once the
   * header is whole.
   */
  push(chunk: Uint8Array, offset: number): number {
    let at = offset
    while (!this.#header && at < chunk.length) this.#pushLengthByte(chunk[at++]!)
    if (!this.#header) return at
    const part = chunk.subarray(at, at + this.#header.length - this.#headerRead)
    this.#header.set(part, this.#headerRead)
    this.#headerRead += part.length
    if (this.#headerRead === this.#header.length) this.root = readRoot(this.#header, this.#asked)
    return at + part.length
  }

  #pushLengthByte(byte: number): void {
    this.#lengthBytes[this.#lengthRead++] = byte
    const length = readVarint({ bytes: this.#lengthBytes, offset: 0, end: this.#lengthRead })
    if (length === INCOMPLETE) return
    if (length === MALFORMED || length === 0)
      throw new TransientError('bad-car', 'the CAR header has no valid length')
    if (length > MAX_HEADER_BYTES)
      throw new TransientError('bad-car', `the CAR header says it has ${length} bytes`)
    this.#header = new Uint8Array(length)
  }
}
