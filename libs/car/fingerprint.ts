import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { type CidParts, isSha256 } from './cid-bytes.ts'

/** 32-bit words of a fingerprint. */
export const FINGERPRINT_WORDS = 4
const KEY_BYTES = 32
const BYTE_VALUES = 256

/**
 * Answers the fingerprint of a CID's multihash (the codec does not count). The next call overwrites the
 * answer.
 */
export type Fingerprint = (cid: CidParts) => Int32Array

/**
 * Creates a function that shortens multihashes to 16 bytes under a random key of its own.
 *
 * The first 16 bytes of the digest would not do: whoever makes a DAG can search for two blocks whose digests
 * begin alike (2^64 hashes), link both and send one, and the other counts as present. Here it is simple
 * tabulation hashing: each of the 32 bytes picks a random 16-byte row, and the rows are XORed. For any two
 * different keys that are chosen without knowing the table, fingerprints are equal with a chance of 2^-128,
 * and nothing the scanner answers tells about the table.
 */
export function createFingerprint(): Fingerprint {
  const rows = randomFillSync(new Int32Array(KEY_BYTES * BYTE_VALUES * FINGERPRINT_WORDS))
  const secret = randomBytes(KEY_BYTES)
  const words = new Int32Array(FINGERPRINT_WORDS)
  return cid => {
    if (isSha256(cid)) mix(rows, cid.bytes, cid.digestStart, words)
    else mix(rows, digestOfMultihash(cid, secret), 0, words)
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

function mix(rows: Int32Array, key: Uint8Array, start: number, words: Int32Array): void {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0; i < KEY_BYTES; i++) {
    const row = (i * BYTE_VALUES + key[start + i]!) * FINGERPRINT_WORDS
    a ^= rows[row]!
    b ^= rows[row + 1]!
    c ^= rows[row + 2]!
    d ^= rows[row + 3]!
  }
  words[0] = a
  words[1] = b
  words[2] = c
  words[3] = d
}
