import { hash } from 'node:crypto'
import { TransientError } from '#libs/errors/index.ts'
import { type CidParts, cidText, isSha256 } from './cid-bytes.ts'
import { type BlockHash, hashFunction, IDENTITY } from './hash-functions.ts'

/**
 * Throws `bad-block` unless the block hashes to the digest in its CID. The hash function must be a supported
 * one.
 */
export function checkBlock(cid: CidParts, block: Uint8Array): void {
  if (isSha256(cid)) return checkSha256(cid, block)
  if (cid.hashCode !== IDENTITY) return checkDigest(cid, supportedHash(cid.hashCode).digest(block))
  if (block.length !== cid.end - cid.digestStart) throw badBlock(cid)
  checkDigest(cid, block)
}

/** Begins the hash of a block that arrives in pieces, for `checkDigest`. */
export const beginBlockHash = (code: number): BlockHash => supportedHash(code).begin()

/**
 * Throws `bad-block` unless the digest in the CID is `digest`, or the beginning of it where the CID's is
 * truncated.
 */
export function checkDigest(cid: CidParts, digest: Uint8Array): void {
  const { bytes, digestStart, end } = cid
  for (let i = digestStart, at = 0; i < end; i++, at++) {
    if (bytes[i] !== digest[at]) throw badBlock(cid)
  }
}

/**
 * As a string of one character per byte: in Node a digest as a `Buffer` costs as much again as hashing 1 KiB.
 */
function checkSha256(cid: CidParts, block: Uint8Array): void {
  const { bytes, digestStart, end } = cid
  const digest = hash('sha256', block, 'binary')
  for (let i = digestStart, at = 0; i < end; i++, at++) {
    if (bytes[i] !== digest.charCodeAt(at)) throw badBlock(cid)
  }
}

function supportedHash(code: number) {
  const found = hashFunction(code)
  if (!found) throw new Error(`hash function 0x${code.toString(16)} was let through without support`)
  return found
}

const badBlock = (cid: CidParts) =>
  new TransientError('bad-block', `the bytes of block ${cidText(cid)} do not match its hash`)
