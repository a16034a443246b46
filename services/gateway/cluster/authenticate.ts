import { hash, timingSafeEqual } from 'node:crypto'
import { fastifyJwt } from '@fastify/jwt'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { isOfTokenApi, isPathOfTokenApi } from '../token-paths.ts'
import type { Credentials } from './credentials.ts'

const realm = 'realm="Restricted IPFS Cluster API"'

/** Who may not ask, and the challenges that say how to. */
class Unauthorized extends HttpError {
  readonly challenges: string[]
  constructor(reason: string, challenges: string[], options?: ErrorOptions) {
    super(401, `unauthorized: ${reason}`, options)
    this.challenges = challenges
  }
}

/**
 * Requires credentials on every path but those of public routes, and for every method but OPTIONS: Basic, or a token
 * that any HMAC signs with the password of the user it names as its issuer. Texts and headers are those of ipfs-cluster
 * (api/common/api.go, `authHandler`). From then on the user is `request.user.iss`.
 */
export async function authenticate(server: HttpServer, credentials: Credentials): Promise<void> {
  await server.register(fastifyJwt, {
    secret: (_request, token, done) => {
      const { iss } = token as { iss?: unknown }
      const password = typeof iss === 'string' ? credentials.get(iss) : undefined
      if (password === undefined) done(invalidToken(), undefined)
      else done(null, password)
    },
    sign: { algorithm: 'HS256', noTimestamp: true },
    verify: { algorithms: ['HS256', 'HS384', 'HS512'], requiredClaims: ['iss'] },
  })

  const digests = new Map([...credentials].map(([user, password]) => [user, digest(password)]))
  server.addHook('onRequest', async (request, reply) => {
    const { method, routeOptions, url } = request
    if (method === 'OPTIONS' || routeOptions.config.public) return
    // It has tokens of its own. The route that was found decides, so that no form of a target is one thing here and
    // another there.
    if (routeOptions.url === undefined ? isOfTokenApi(url) : isPathOfTokenApi(routeOptions.url)) return
    const { authorization = '' } = request.headers
    const given = readBasic(authorization)
    try {
      if (given) request.user = { iss: userOf(digests, given) }
      else if (/^bearer /i.test(authorization)) await request.jwtVerify().catch(refuseToken)
      else throw new Unauthorized('no auth provided', [`Bearer ${realm}`, `Basic ${realm}`])
    } catch (error) {
      if (error instanceof Unauthorized) reply.header('WWW-Authenticate', error.challenges)
      throw error
    }
  })
}

/** User and password of a Basic header (RFC 7617), in UTF-8; undefined for anything else. */
function readBasic(authorization: string): { user: string; password: string } | undefined {
  const [, encoded = ''] = /^basic ([A-Za-z0-9+/]*={0,2})$/i.exec(authorization) ?? []
  if (encoded === '' || encoded.length % 4 !== 0) return undefined
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return user === undefined || password === undefined ? undefined : { user, password }
}

/** Digests have one length, so the comparison takes the same time whatever is given; also for an unknown user. */
function userOf(
  digests: ReadonlyMap<string, Buffer>,
  { user, password }: { user: string; password: string },
): string {
  const expected = digests.get(user)
  const equal = timingSafeEqual(digest(password), expected ?? nobody)
  if (expected === undefined || !equal) throw new Unauthorized('access denied', [`Basic ${realm}`])
  return user
}

const digest = (text: string) => hash('sha256', text, 'buffer')
const nobody = digest('')

const invalidToken = (cause?: unknown) =>
  new Unauthorized('invalid token', [`Bearer ${realm}, error="invalid_token"`], { cause })

function refuseToken(error: unknown): never {
  const isOfToken = error instanceof Error && 'code' in error && /^(FAST|FST)_JWT_/.test(String(error.code))
  throw isOfToken ? invalidToken(error) : error
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: { iss: string }
    user: { iss: string }
  }
}
