import { createHash, hash } from 'node:crypto'
import { blake2b, blake2s } from '@noble/hashes/blake2.js'
import { blake3 } from '@noble/hashes/blake3.js'
import { keccak_224, keccak_256, keccak_384, keccak_512 } from '@noble/hashes/sha3.js'

export const IDENTITY = 0x00
export const SHA2_256 = 0x12

/** A digest in the making. `digest()` ends it. */
export type BlockHash = { update(bytes: Uint8Array): unknown; digest(): Uint8Array }

/** `digestBytes` is the longest digest the function gives; a shorter one in a CID is a prefix of it. */
export type HashFunction = {
  digestBytes: number
  digest(bytes: Uint8Array): Uint8Array
  begin(): BlockHash
}

const MIN_DIGEST_BYTES = 20
const MAX_IDENTITY_BYTES = 128
/** BLAKE3 has no longest digest; go-multihash stops here. */
const MAX_BLAKE3_BYTES = 128
const BLAKE2B_FIRST = 0xb201
const BLAKE2B_LAST = 0xb240
const BLAKE2S_FIRST = 0xb241
const BLAKE2S_LAST = 0xb260
const BLAKE2B_512 = BLAKE2B_LAST
const BLAKE2S_256 = BLAKE2S_LAST

const sha256: HashFunction = openssl('sha256', 32)

/** By multicodec code; the BLAKE2 families, one code per digest length, are made on demand. */
const hashFunctions = new Map<number, HashFunction>([
  [0x11, openssl('sha1', 20)],
  [SHA2_256, sha256],
  [0x13, openssl('sha512', 64)],
  [0x14, openssl('sha3-512', 64)],
  [0x15, openssl('sha3-384', 48)],
  [0x16, openssl('sha3-256', 32)],
  [0x17, openssl('sha3-224', 28)],
  [0x19, openssl('shake256', 64)],
  [0x1a, pure(() => keccak_224.create(), 28)],
  [0x1b, pure(() => keccak_256.create(), 32)],
  [0x1c, pure(() => keccak_384.create(), 48)],
  [0x1d, pure(() => keccak_512.create(), 64)],
  [0x1e, pure(() => blake3.create({ dkLen: MAX_BLAKE3_BYTES }), MAX_BLAKE3_BYTES)],
  [0x56, doubleSha256()],
  [BLAKE2B_512, openssl('blake2b512', 64)],
  [BLAKE2S_256, openssl('blake2s256', 32)],
])

/**
 * Whether a digest of this function and length can be checked and is one that Kubo fetches: the allow-list
 * and the length limits of boxo `verifcid`. Digests may be truncated to 20 bytes, as the multihash
 * specification allows.
 */
export function isSupportedDigest(code: number, digestBytes: number): boolean {
  if (code === IDENTITY) return digestBytes <= MAX_IDENTITY_BYTES
  return digestBytes >= MIN_DIGEST_BYTES && digestBytes <= (hashFunction(code)?.digestBytes ?? 0)
}

/**
 * The hash function of a multicodec code, or undefined when it is not supported. Identity is not a hash
 * function.
 */
export function hashFunction(code: number): HashFunction | undefined {
  const known = hashFunctions.get(code)
  if (known) return known
  const made = blake2(code)
  if (made) hashFunctions.set(code, made)
  return made
}

function openssl(name: string, digestBytes: number): HashFunction {
  // SHAKE has no length of its own, and Node deprecates leaving it out.
  const isXof = name.startsWith('shake')
  const begin = () => (isXof ? createHash(name, { outputLength: digestBytes }) : createHash(name))
  return {
    digestBytes,
    digest: bytes => (isXof ? begin().update(bytes).digest() : hash(name, bytes, 'buffer')),
    begin,
  }
}

function pure(begin: () => BlockHash, digestBytes: number): HashFunction {
  const digest = (bytes: Uint8Array) => {
    const hash = begin()
    hash.update(bytes)
    return hash.digest()
  }
  return { digestBytes, digest, begin }
}

/** The code says the digest length, and the length is a parameter of the function: not a truncation. */
function blake2(code: number): HashFunction | undefined {
  if (code >= BLAKE2B_FIRST && code <= BLAKE2B_LAST) {
    const dkLen = code - BLAKE2B_FIRST + 1
    return pure(() => blake2b.create({ dkLen }), dkLen)
  }
  if (code >= BLAKE2S_FIRST && code <= BLAKE2S_LAST) {
    const dkLen = code - BLAKE2S_FIRST + 1
    return pure(() => blake2s.create({ dkLen }), dkLen)
  }
  return undefined
}

function doubleSha256(): HashFunction {
  return {
    digestBytes: sha256.digestBytes,
    digest: bytes => sha256.digest(sha256.digest(bytes)),
    begin: () => {
      const first = sha256.begin()
      return { update: bytes => first.update(bytes), digest: () => sha256.digest(first.digest()) }
    },
  }
}
