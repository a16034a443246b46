import { multiaddr } from '@multiformats/multiaddr'
import { HttpError } from '#libs/http/index.ts'
import { readPeerId } from './peer-id.ts'

/** Code of `p2p`, and of its old name `ipfs`, in the table of multicodecs. */
const p2pCode = 421

/** Longer than any address in use. What is kept of a pin has to fit a message, and base58 takes quadratic time. */
const maxOriginCharacters = 1024

/**
 * Multiaddrs, separated by commas, each with a peer id. Throws `HttpError` 400 with the words of ipfs-cluster
 * (api/types.go, `PinOptions.FromQuery`).
 */
export function readOrigins(text: string | undefined, maxOrigins: number): string[] {
  if (text === undefined) return []
  const origins = text.split(',')
  if (origins.length > maxOrigins) throw new HttpError(400, `origins: more than ${maxOrigins} addresses`)
  for (const origin of origins) checkOrigin(origin)
  return origins
}

function checkOrigin(origin: string): void {
  if (origin.length > maxOriginCharacters)
    throw new HttpError(400, `origins: an address is longer than ${maxOriginCharacters} characters`)
  const peers = componentsOf(origin).filter(({ code }) => code === p2pCode)
  if (peers.length === 0) throw new HttpError(400, `multiaddress does not contain peer ID: ${origin}`)
  // The parser takes any base58 for a peer id; an origin that is none would make answers undecodable for Go clients.
  if (peers.some(({ value = '' }) => readPeerId(value) === undefined))
    throw new HttpError(400, `error decoding multiaddress: ${origin}`)
}

function componentsOf(origin: string) {
  try {
    if (origin === '') throw new SyntaxError('empty multiaddr')
    // Through bytes and back: only that checks every part.
    return multiaddr(multiaddr(origin).bytes).getComponents()
  } catch (cause) {
    throw new HttpError(400, `error decoding multiaddress: ${origin || 'empty multiaddr'}`, { cause })
  }
}
