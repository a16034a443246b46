import { createHash } from 'node:crypto'
import type { TokenGrant } from '#libs/db/index.ts'

/** Resolves with undefined for a token that opens nothing. */
export type FindGrant = (token: string) => Promise<TokenGrant | undefined>

type Deps = {
  findToken: FindGrant
  /** What is older is asked for again: so long may a revoked token, or an old quota, still count. */
  maxAgeMs: number
  maxEntries?: number
}

/**
 * Remembers for a short time what tokens stand for, those that stand for nothing too: clients ask several times a
 * second. Requests that come together share one question. Tokens themselves are not kept, only their digests.
 */
export function createTokenCache({ findToken, maxAgeMs, maxEntries = 10_000 }: Deps): FindGrant {
  const asked = new Map<string, { at: number; grant: Promise<TokenGrant | undefined> }>()
  return token => {
    const key = createHash('sha256').update(token).digest('base64')
    const now = performance.now()
    const known = asked.get(key)
    if (known && now - known.at < maxAgeMs) return known.grant
    const grant = findToken(token)
    // Written anew it is the youngest, so that the first is always the oldest.
    asked.delete(key)
    asked.set(key, { at: now, grant })
    if (asked.size > maxEntries) asked.delete(asked.keys().next().value ?? key)
    // Whoever waits for it gets the error; the next one asks again.
    grant.catch(() => asked.delete(key))
    return grant
  }
}
