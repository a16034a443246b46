import { bases } from 'multiformats/basics'
import { CID } from 'multiformats/cid'
import { PermanentError } from '#libs/errors/index.ts'
import { createCidParts, parseCid } from './cid-bytes.ts'

/** No CID in use comes near it, and decoding base58 takes time quadratic in the length. */
const MAX_CID_CHARACTERS = 2048
/** IPFS nodes refuse longer ones, of identity CIDs too (boxo verifcid/cid.go). */
const MAX_DIGEST_BYTES = 128

/**
 * CIDv1 in base32 of any text of a CID: v0, or v1 in any multibase that multiformats knows. Equal content
 * under equal codecs gives equal text. Throws a `PermanentError` `invalid-message` that says what is wrong
 * with the text.
 */
export const canonicalCid = (cid: string): string => readCid(cid).toString()

/** Like `canonicalCid`, as an object of version 1. */
export function readCid(text: string): CID {
  if (text.length > MAX_CID_CHARACTERS)
    throw invalid(`${text.slice(0, 64)}...`, `longer than ${MAX_CID_CHARACTERS} characters`)
  const bytes = decodeText(text)
  // The parser here is the stricter one: it refuses varints that are longer than needed, so each CID has one
  // form.
  const parts = createCidParts()
  if (parseCid(bytes, 0, bytes.length, parts) !== bytes.length) throw invalid(text, 'its bytes are no CID')
  if (parts.end - parts.digestStart > MAX_DIGEST_BYTES)
    throw invalid(text, `its digest is longer than ${MAX_DIGEST_BYTES} bytes`)
  const cid = CID.decode(bytes)
  if (cid.version === 0 && !text.startsWith('Q')) throw invalid(text, 'a CIDv0 has no multibase prefix')
  return cid.toV1()
}

function decodeText(text: string): Uint8Array {
  // A CIDv0 is bare base58btc; its multihash always begins with Q in that base.
  const prefixed = text.startsWith('Q') ? `z${text}` : text
  const base = Object.values(bases).find(({ prefix }) => prefixed.startsWith(prefix))
  if (!base) throw invalid(text, 'no multibase begins like this')
  try {
    return base.decode(prefixed)
  } catch (cause) {
    throw invalid(text, `it is not ${base.name}`, cause)
  }
}

const invalid = (text: string, reason: string, cause?: unknown) =>
  new PermanentError('invalid-message', `${JSON.stringify(text)} is not a CID: ${reason}`, { cause })
