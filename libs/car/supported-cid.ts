import { PermanentError } from '#libs/errors/index.ts'
import { type CidParts, cidText } from './cid-bytes.ts'
import { codecBit } from './codecs.ts'
import { isSupportedDigest } from './hash-functions.ts'

/** The bit of the codec of a CID that can be checked. Throws `unsupported-codec` or `unsupported-hash` for any other. */
export function supportedCodecBit(cid: CidParts): number {
  const bit = codecBit(cid.codec)
  if (bit === 0) {
    throw new PermanentError(
      'unsupported-codec',
      `the links of ${cidText(cid)} cannot be checked: codec 0x${cid.codec.toString(16)} is not supported`,
    )
  }
  if (!isSupportedDigest(cid.hashCode, cid.end - cid.digestStart)) {
    throw new PermanentError(
      'unsupported-hash',
      `${cidText(cid)} cannot be checked: hash 0x${cid.hashCode.toString(16)} of this length is not supported`,
    )
  }
  return bit
}
