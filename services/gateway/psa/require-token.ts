import type { TokenGrant, TokenScope } from '#libs/db/index.ts'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import type { FindGrant } from './token-cache.ts'

const realm = 'realm="IPFS Pinning Service API"'

/**
 * Requires a bearer token on every path of `server`, known or not: 401 without a valid one, 403 with one that may not do
 * this. Reading needs any scope, everything else `write`, unless `scope` is needed for all; `admin` includes all. From
 * then on `request.grant` is what the token stands for.
 */
export function requireToken(
  server: HttpServer,
  { findGrant, scope }: { findGrant: FindGrant; scope?: TokenScope },
): void {
  server.decorateRequest('grant')
  server.addHook('onRequest', async (request, reply) => {
    const [, token] = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
    const grant = token === undefined ? undefined : await findGrant(token)
    if (!grant) {
      reply.header(
        'WWW-Authenticate',
        `Bearer ${realm}${token === undefined ? '' : ', error="invalid_token"'}`,
      )
      throw new HttpError(
        401,
        token === undefined ? 'a bearer token is required' : 'the token is unknown or revoked',
      )
    }
    const needed = scope ?? (request.method === 'GET' ? 'read' : 'write')
    if (!mayDo(grant, needed)) {
      reply.header('WWW-Authenticate', `Bearer ${realm}, error="insufficient_scope", scope="${needed}"`)
      throw new HttpError(403, `the token has not got the scope ${needed}`)
    }
    request.grant = grant
  })
}

const mayDo = ({ scopes }: TokenGrant, needed: TokenScope) =>
  scopes.includes('admin') || scopes.includes(needed) || (needed === 'read' && scopes.includes('write'))

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that `requireToken` guards. */
    grant: TokenGrant
  }
}
