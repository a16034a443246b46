import { type CidParts, createCidParts, parseCid } from './cid-bytes.ts'

const FIRST_BYTES = 4096
/** About 800,000 names of the usual 36 bytes. */
const MAX_BYTES = 32 * 1024 * 1024
const WORTH_COMPACTING = 65_536

/**
 * Bytes of an entry behind the CID: its slot in the digest table, the table's generation then, the length of
 * the CID.
 */
const TRAILER_BYTES = 6
const NO_SLOT = -1

/**
 * Whether the DAG still misses this CID. `slot` is where the digest table has it, or -1 when that is to be
 * looked up.
 */
export type IsPending = (cid: CidParts, slot: number) => boolean

/**
 * The full CIDs of what is still missing, as the stack of a depth-first walk: the top is what a depth-first
 * exporter sends next. All entries are in one buffer. Those that came in another order than expected stay
 * until they reach the top or space is short. When it is full of pending CIDs it takes no more: whether
 * something is missing is counted elsewhere, only the name is lost.
 *
 * It keeps the slot of each CID in the digest table, because the CID on top is nearly always the one of the
 * next section, and comparing it is much cheaper than another fingerprint and look-up.
 */
export class WantStack {
  #bytes = new Uint8Array(FIRST_BYTES)
  #top = 0
  #settledSinceCompaction = 0
  readonly #isPending: IsPending
  readonly #parts = createCidParts()

  constructor(isPending: IsPending) {
    this.#isPending = isPending
  }

  push({ bytes, start, end }: CidParts, slot: number, generation: number): void {
    const entryBytes = end - start + TRAILER_BYTES
    if (this.#top + entryBytes > this.#bytes.length && !this.#makeRoom(entryBytes)) return
    const entries = this.#bytes
    let at = this.#top
    for (let i = start; i < end; i++) entries[at++] = bytes[i]!
    entries[at++] = slot
    entries[at++] = slot >>> 8
    entries[at++] = slot >>> 16
    entries[at++] = slot >>> 24
    entries[at++] = generation
    entries[at++] = end - start
    this.#top = at
  }

  /** The slot of the CID if it is on top and its slot is of this generation of the table, else -1. */
  slotOnTop(cid: CidParts, generation: number): number {
    if (this.#top === 0 || !this.#isAt(this.#startBelow(this.#top), cid)) return NO_SLOT
    return this.#slotBelow(this.#top, generation)
  }

  /**
   * Takes a CID off whose multihash, at `slot`, is no longer pending under any codec, with everything settled that lies
   * above it.
   */
  settle(cid: CidParts, slot: number, generation: number): void {
    this.#settledSinceCompaction++
    while (this.#top > 0) {
      const start = this.#startBelow(this.#top)
      // The slot first: comparing the CIDs takes longer, and was done for it.
      if (this.#slotBelow(this.#top, generation) === slot || this.#isAt(start, cid)) {
        this.#top = start
        return
      }
      this.#parse(start)
      if (this.#isPending(this.#parts, this.#slotBelow(this.#top, generation))) return
      this.#top = start
    }
  }

  /**
   * Shows pending CIDs from the top down, a CID that several blocks link to more than once, until `visit`
   * answers false.
   */
  visit(visit: (cid: CidParts) => boolean): void {
    for (let end = this.#top; end > 0; end = this.#startBelow(end)) {
      this.#parse(this.#startBelow(end))
      if (this.#isPending(this.#parts, NO_SLOT) && !visit(this.#parts)) return
    }
  }

  #startBelow(end: number): number {
    return end - TRAILER_BYTES - this.#bytes[end - 1]!
  }

  #slotBelow(end: number, generation: number): number {
    const entries = this.#bytes
    if (entries[end - 2] !== generation) return NO_SLOT
    return (
      entries[end - 6]! | (entries[end - 5]! << 8) | (entries[end - 4]! << 16) | (entries[end - 3]! << 24)
    )
  }

  #parse(start: number): void {
    parseCid(this.#bytes, start, this.#top, this.#parts)
  }

  /** Whether the top entry, which begins at `start`, is this CID. */
  #isAt(start: number, { bytes, start: from, end }: CidParts): boolean {
    const cidEnd = this.#top - TRAILER_BYTES
    if (cidEnd - start !== end - from) return false
    // From the back: digests differ where prefixes are all alike.
    for (let i = end - 1, at = cidEnd - 1; i >= from; i--, at--) {
      if (this.#bytes[at] !== bytes[i]) return false
    }
    return true
  }

  #makeRoom(entryBytes: number): boolean {
    if (this.#bytes.length < MAX_BYTES) {
      const grown = new Uint8Array(this.#bytes.length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
      return true
    }
    if (this.#settledSinceCompaction < WORTH_COMPACTING) return false
    this.#settledSinceCompaction = 0
    this.#compact()
    return this.#top + entryBytes <= this.#bytes.length
  }

  /**
   * Drops what is settled, from the bottom up in place. The entries can only be walked from the top, so their
   * ends are noted first.
   */
  #compact(): void {
    const ends: number[] = []
    for (let end = this.#top; end > 0; end = this.#startBelow(end)) ends.push(end)
    let top = 0
    for (const end of ends.reverse()) {
      const start = this.#startBelow(end)
      this.#parse(start)
      if (!this.#isPending(this.#parts, NO_SLOT)) continue
      this.#bytes.copyWithin(top, start, end)
      top += end - start
    }
    this.#top = top
  }
}
