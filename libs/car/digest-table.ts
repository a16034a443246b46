import { FINGERPRINT_WORDS } from './fingerprint.ts'

const FIRST_CAPACITY = 1024
const NOT_FOUND = -1

/**
 * A hash table from fingerprints to 16 flag bits: open addressing with linear probing over two typed arrays,
 * 18 bytes a slot. A `Map` takes five times as much and ends at 2^24 entries. Nothing is ever removed. Flags
 * of 0 mark a free slot, so whoever adds an entry must give it a flag.
 */
export class DigestTable {
  size = 0
  /** Counts the times the table grew: slots of another generation are void. */
  generation = 0
  #capacity = FIRST_CAPACITY
  #keys = new Int32Array(FIRST_CAPACITY * FINGERPRINT_WORDS)
  #flags = new Uint16Array(FIRST_CAPACITY)

  /** The slot of the fingerprint, or -1. A slot holds as long as `generation` does. */
  find(key: Int32Array): number {
    const slot = this.#probe(key)
    return this.#flags[slot] === 0 ? NOT_FOUND : slot
  }

  /** Adds an entry that `find` did not find, with flags other than 0, and answers its slot. */
  add(key: Int32Array, flags: number): number {
    if (this.size >= this.#capacity * 0.75) this.#grow()
    const slot = this.#probe(key)
    this.#put(slot, key, 0, flags)
    this.size++
    return slot
  }

  flags(slot: number): number {
    return this.#flags[slot]!
  }

  setFlags(slot: number, flags: number): void {
    this.#flags[slot] = flags
  }

  /** The slot that holds the key, or the free slot where it belongs. */
  #probe(key: Int32Array, from = 0): number {
    const keys = this.#keys
    const flags = this.#flags
    const mask = this.#capacity - 1
    const first = key[from]!
    // The fingerprint is linear in the digest: links to made-up digests in equal steps would lie side by side. The mixing
    // is the beginning of MurmurHash3's `fmix32`, which maps words one to one.
    const mixed = Math.imul(first ^ (first >>> 16), 0x85ebca6b)
    let slot = (mixed ^ (mixed >>> 13)) & mask
    while (flags[slot] !== 0) {
      const at = slot * FINGERPRINT_WORDS
      if (
        keys[at] === first &&
        keys[at + 1] === key[from + 1] &&
        keys[at + 2] === key[from + 2] &&
        keys[at + 3] === key[from + 3]
      ) {
        return slot
      }
      slot = (slot + 1) & mask
    }
    return slot
  }

  #put(slot: number, key: Int32Array, from: number, flags: number): void {
    const at = slot * FINGERPRINT_WORDS
    this.#keys[at] = key[from]!
    this.#keys[at + 1] = key[from + 1]!
    this.#keys[at + 2] = key[from + 2]!
    this.#keys[at + 3] = key[from + 3]!
    this.#flags[slot] = flags
  }

  #grow(): void {
    const keys = this.#keys
    const flags = this.#flags
    this.#capacity *= 2
    this.generation++
    this.#keys = new Int32Array(this.#capacity * FINGERPRINT_WORDS)
    this.#flags = new Uint16Array(this.#capacity)
    for (let slot = 0; slot < flags.length; slot++) {
      if (flags[slot] === 0) continue
      const from = slot * FINGERPRINT_WORDS
      this.#put(this.#probe(keys, from), keys, from, flags[slot]!)
    }
  }
}
