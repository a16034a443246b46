import * as dagCbor from '@ipld/dag-cbor'
import * as dagJson from '@ipld/dag-json'
import * as dagPb from '@ipld/dag-pb'
import { blake2b, blake2s } from '@noble/hashes/blake2.js'
import { blake3 } from '@noble/hashes/blake3.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { keccak_256, sha3_256, sha3_512, shake256 } from '@noble/hashes/sha3.js'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'

/** A block as a CAR holds it. */
export type TestBlock = { cid: CID; bytes: Uint8Array }

/**
 * Hash functions by name, with their multicodec codes. All are pure JavaScript: independent of the OpenSSL
 * that the scanner uses.
 */
export const testHashes = {
  'sha2-256': { code: 0x12, digest: sha256 },
  'sha2-512': { code: 0x13, digest: sha512 },
  sha1: { code: 0x11, digest: sha1 },
  'dbl-sha2-256': { code: 0x56, digest: (bytes: Uint8Array) => sha256(sha256(bytes)) },
  'sha3-256': { code: 0x16, digest: sha3_256 },
  'sha3-512': { code: 0x14, digest: sha3_512 },
  'shake-256': { code: 0x19, digest: (bytes: Uint8Array) => shake256(bytes, { dkLen: 64 }) },
  'keccak-256': { code: 0x1b, digest: keccak_256 },
  'blake2b-256': { code: 0xb220, digest: (bytes: Uint8Array) => blake2b(bytes, { dkLen: 32 }) },
  'blake2b-512': { code: 0xb240, digest: (bytes: Uint8Array) => blake2b(bytes) },
  'blake2s-256': { code: 0xb260, digest: (bytes: Uint8Array) => blake2s(bytes) },
  blake3: { code: 0x1e, digest: (bytes: Uint8Array) => blake3(bytes) },
  identity: { code: 0x00, digest: (bytes: Uint8Array) => bytes },
} as const

/** Name of one of {@link testHashes}. */
export type TestHash = keyof typeof testHashes

/** A block of any codec from its bytes. */
export function blockOf(codec: number, bytes: Uint8Array, hash: TestHash = 'sha2-256'): TestBlock {
  const { code, digest } = testHashes[hash]
  return { cid: CID.createV1(codec, createDigest(code, digest(bytes))), bytes }
}

/** A raw leaf. */
export function rawBlock(bytes: Uint8Array | string, hash?: TestHash): TestBlock {
  return blockOf(0x55, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, hash)
}

/** A dag-pb node with unnamed links, as a UnixFS file has. */
export function pbBlock(links: readonly CID[], data?: Uint8Array, hash?: TestHash): TestBlock {
  const Links = links.map(Hash => ({ Hash, Name: '', Tsize: 1 }))
  return blockOf(dagPb.code, dagPb.encode(data ? { Data: data, Links } : { Links }), hash)
}

/** A dag-cbor node of any value; CIDs in it are links. */
export const cborBlock = (value: unknown, hash?: TestHash): TestBlock =>
  blockOf(dagCbor.code, dagCbor.encode(value), hash)

/** A dag-json node of any value; CIDs in it are links. */
export const jsonBlock = (value: unknown, hash?: TestHash): TestBlock =>
  blockOf(dagJson.code, dagJson.encode(value), hash)

/** The same block under another codec: equal multihash, other CID. */
export const asCodec = ({ cid, bytes }: TestBlock, codec: number): TestBlock => ({
  cid: CID.createV1(codec, cid.multihash),
  bytes,
})
