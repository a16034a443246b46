const FIRST_BYTES = 8192

/**
 * Binary CIDs one behind the other in one buffer. It is emptied and used again, so that a block's links cost
 * no allocation.
 */
export class LinkList {
  bytes = new Uint8Array(FIRST_BYTES)
  count = 0
  readonly #ends: number[] = []

  /** Copies a CID to the end of the list. */
  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const from = this.start(this.count)
    const to = from + end - start
    if (to > this.bytes.length) this.#grow(to)
    for (let i = start, at = from; i < end; i++, at++) this.bytes[at] = bytes[i]!
    this.#ends[this.count++] = to
  }

  start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!
  }

  end(index: number): number {
    return this.#ends[index]!
  }

  /** Forgets all but the first `count` CIDs. */
  truncate(count: number): void {
    this.count = count
  }

  #grow(atLeast: number): void {
    const grown = new Uint8Array(Math.max(atLeast, this.bytes.length * 2))
    grown.set(this.bytes)
    this.bytes = grown
  }
}
