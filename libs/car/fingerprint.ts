import { createHash, randomBytes, randomInt } from 'node:crypto'
import { type CidParts, isSha256 } from './cid-bytes.ts'

/** 32-bit words of a fingerprint. */
export const FINGERPRINT_WORDS = 4
const KEY_BYTES = 32
const PIECES = KEY_BYTES / 2
const TWO_POW_32 = 2 ** 32
/** The largest prime below 2^32: a remainder by it fits into one word. */
const PRIME = TWO_POW_32 - 5

/**
 * Answers the fingerprint of a CID's multihash (the codec does not count). The next call overwrites the
 * answer.
 */
export type Fingerprint = (cid: CidParts) => Int32Array

/**
 * Creates a function that shortens multihashes to 16 bytes under a random key of its own.
 *
 * The first 16 bytes of the digest would not do: whoever makes a DAG can search for two blocks whose digests
 * begin alike (2^64 hashes), link both and send one, and the other counts as present. Here it is multilinear hashing
 * (Carter and Wegman): each word is the sum of the 16 pieces of the key, of 16 bits each, times random factors, modulo a
 * prime near 2^32. For any two different keys that are chosen without knowing the factors, one word is equal with a
 * chance of 1 in the prime, and the four of them with one of 2^-128. Nothing the scanner answers tells about the factors.
 */
export function createFingerprint(): Fingerprint {
  const factors = Float64Array.from({ length: PIECES * FINGERPRINT_WORDS }, () => randomInt(PRIME))
  const secret = randomBytes(KEY_BYTES)
  const words = new Int32Array(FINGERPRINT_WORDS)
  return cid => {
    if (isSha256(cid)) mix(factors, cid.bytes, cid.digestStart, words)
    else mix(factors, digestOfMultihash(cid, secret), 0, words)
    return words
  }
}

/**
 * Other multihashes have other lengths, so they are hashed to 32 bytes first. The secret in front keeps them
 * apart from plain sha2-256 digests: without it, a block holding the bytes of a multihash would have the key
 * of that multihash.
 */
function digestOfMultihash({ bytes, multihashStart, end }: CidParts, secret: Uint8Array): Uint8Array {
  return createHash('sha256').update(secret).update(bytes.subarray(multihashStart, end)).digest()
}

/** Every sum is below 16 * 2^16 * 2^32 = 2^52, so a double holds it exactly. */
function mix(factors: Float64Array, key: Uint8Array, start: number, words: Int32Array): void {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0; i < PIECES; i++) {
    const piece = key[start + 2 * i]! | (key[start + 2 * i + 1]! << 8)
    a += piece * factors[i]!
    b += piece * factors[i + PIECES]!
    c += piece * factors[i + 2 * PIECES]!
    d += piece * factors[i + 3 * PIECES]!
  }
  words[0] = remainder(a)
  words[1] = remainder(b)
  words[2] = remainder(c)
  words[3] = remainder(d)
}

/** Modulo the prime, without a slow division of doubles: 2^32 leaves 5. */
function remainder(sum: number): number {
  const high = Math.floor(sum / TWO_POW_32)
  const rest = sum - high * TWO_POW_32 + high * 5
  return rest < PRIME ? rest : rest - PRIME
}
