import { timingSafeEqual } from 'node:crypto'
import { HttpError, type HttpServer } from '#libs/http/index.ts'

const challenge = 'Basic realm="Restricted IPFS Cluster API"'

/**
 * Requires the given credentials on every route of `server` but the public ones. Texts and headers are those of
 * ipfs-cluster (api/common/api.go, `basicAuthHandler`).
 */
export function requireBasicAuth(server: HttpServer, token: string): void {
  const expected = Buffer.from(`Basic ${token}`)
  server.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.public) return
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length === expected.length && timingSafeEqual(given, expected)) return
    reply.header('WWW-Authenticate', challenge)
    throw new HttpError(
      401,
      given.length === 0 ? 'unauthorized: no auth provided' : 'unauthorized: access denied',
    )
  })
}
