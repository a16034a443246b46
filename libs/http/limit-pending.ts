import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Logger } from '#libs/telemetry/index.ts'

type Options = {
  /** Requests in progress at once, health checks not counted. */
  maxPending: number
  log: Logger
  refuse: (reply: FastifyReply) => void
}

/**
 * Refuses requests while too many are in progress: one that would only wait for a backend holds memory, and its client
 * gives up before its turn. One whose answer lasts, and is limited elsewhere, calls `leavePending`. Health checks are
 * answered all the same. Logs once when it begins and once when it is over.
 */
export function limitPending(
  server: Pick<FastifyInstance, 'addHook' | 'decorateRequest'>,
  { maxPending, log, refuse }: Options,
): void {
  let pending = 0
  let refused = 0

  const leave = () => {
    pending--
    if (refused === 0 || pending > maxPending / 2) return
    log.info({ refused }, 'requests are taken again')
    refused = 0
  }

  server.decorateRequest('leavePending', () => {})
  server.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url?.startsWith('/health/')) return done()
    if (pending >= maxPending) {
      if (refused++ === 0) log.warn({ maxPending }, 'too many requests at once, further ones are refused')
      return refuse(reply)
    }
    pending++
    let isPending = true
    request.leavePending = () => {
      if (isPending) leave()
      isPending = false
    }
    reply.raw.once('close', request.leavePending)
    done()
  })
}

declare module 'fastify' {
  interface FastifyRequest {
    /** From now on the request does not count as one in progress. */
    leavePending: () => void
  }
}
