import { fastifyRateLimit } from '@fastify/rate-limit'
import { HttpError, type HttpServer } from '#libs/http/index.ts'

type Limit = {
  /** 0 for no limit. */
  perSecond: number
  /** So many at once, if there were few before. */
  burst: number
}

/**
 * Limits the requests of each token, in this process. Register it behind `requireToken`. The text holds the words by
 * which IPFS Desktop recognises that it has to slow down; `X-RateLimit-Reset` is in seconds since 1970, which the
 * specification's compliance suite waits for.
 */
export async function limitRate(server: HttpServer, { perSecond, burst }: Limit): Promise<void> {
  if (perSecond === 0) return
  await server.register(fastifyRateLimit, { global: false })
  const count = server.createRateLimit({
    max: burst,
    timeWindow: Math.ceil((burst / perSecond) * 1_000),
    keyGenerator: ({ grant }) => grant.tokenId,
  })
  server.addHook('onRequest', async (request, reply) => {
    const counted = await count(request)
    if (counted.isAllowed) return
    const { max, remaining, ttl } = counted
    const waitSeconds = Math.ceil(ttl / 1_000)
    reply.headers({
      'X-RateLimit-Limit': max,
      'X-RateLimit-Remaining': remaining,
      'X-RateLimit-Reset': Math.ceil((Date.now() + ttl) / 1_000),
    })
    if (!counted.isExceeded) return
    reply.header('Retry-After', waitSeconds)
    throw new HttpError(
      429,
      `429 Too Many Requests: a token may make ${perSecond} requests per second; try again in ${waitSeconds} s`,
    )
  })
}
