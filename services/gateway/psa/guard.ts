import { type Database, findToken, type TokenScope } from '#libs/db/index.ts'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import type { GatewayConfig } from '../config.ts'
import { limitRate } from './limit-rate.ts'
import { requireToken } from './require-token.ts'
import { createTokenCache } from './token-cache.ts'

/** Lets requests pass that have a token, with `needed` if that is given, and not more often than it may ask. */
export type Guard = (scope: HttpServer, needed?: TokenScope) => Promise<void>

/** One memory of tokens for everything that it guards. */
export function createGuard({ config, db }: { config: GatewayConfig; db: Database }): Guard {
  const findGrant = createTokenCache({
    findToken: token => findToken(db, token),
    maxAgeMs: config.TOKEN_CACHE_MS,
  })
  return async (scope, needed) => {
    requireToken(scope, { findGrant, ...(needed ? { scope: needed } : {}) })
    await limitRate(scope, { perSecond: config.RATE_LIMIT_PER_SECOND, burst: config.RATE_LIMIT_BURST })
    // Of its own, so that a path without a route is refused behind the same hooks.
    scope.setNotFoundHandler(() => {
      throw new HttpError(404, 'not found')
    })
  }
}
