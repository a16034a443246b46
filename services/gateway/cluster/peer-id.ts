import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { decode } from 'multiformats/hashes/digest'
import type { MultihashDigest } from 'multiformats/hashes/interface'

const libp2pKeyCode = 0x72

/** No peer id comes near it, and decoding base58 takes time that grows with the square of the length. */
const maxChars = 256

/**
 * The base58 form of a libp2p peer id, which may be given as that or as a CIDv1 of a libp2p key (libp2p specs,
 * peer-ids). Undefined when the text is none.
 */
export function readPeerId(text: string): string | undefined {
  if (text.length > maxChars) return undefined
  try {
    if (/^(Qm|1)/.test(text)) return base58Of(decode(base58btc.decode(`z${text}`)))
    const cid = CID.parse(text)
    return cid.code === libp2pKeyCode ? base58Of(cid.multihash) : undefined
  } catch {
    return undefined
  }
}

// Bare base58 is written without the prefix of a multibase.
const base58Of = ({ bytes }: MultihashDigest) => base58btc.encode(bytes).slice(1)
