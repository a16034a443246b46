import { HttpError } from '#libs/http/index.ts'
import { judgeOrigin } from '#libs/ipfs/index.ts'

type Rules = { maxOrigins: number; allowPrivate: boolean }

/** Longer than any address in use. Decoding base58 takes time quadratic in the length: here up to 1 ms. */
const maxOriginCharacters = 512
/** Of a list that is longer the rest is not looked at: nobody else is served while it is. */
const maxCandidates = 200

/**
 * The origins that a fetcher could dial: multiaddrs that end in `/p2p/<peer id>`, each once, not more than `maxOrigins`.
 * They are hints, so that too many of them, or useless ones, are no error: a Kubo node gives all addresses it has,
 * private ones too. Throws `HttpError` 400 only for what is no list.
 */
export function cleanOrigins(value: unknown, { maxOrigins, allowPrivate }: Rules): string[] {
  if (!Array.isArray(value)) throw new HttpError(400, 'origins: must be a list of multiaddrs')
  const cleaned = new Set<string>()
  for (const origin of value.slice(0, maxCandidates)) {
    if (cleaned.size >= maxOrigins) break
    if (typeof origin !== 'string' || origin.length > maxOriginCharacters) continue
    const judged = judgeOrigin(origin, { allowPrivate, ownPeerId: '' })
    if ('address' in judged) cleaned.add(judged.address.toString())
  }
  return [...cleaned]
}
