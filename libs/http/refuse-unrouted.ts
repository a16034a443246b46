import type { FastifyInstance } from 'fastify'
import { HttpError } from './http-error.ts'
import { routedPath } from './routed-path.ts'

/**
 * Answers 405 with `Allow` on a path that is known by other methods, and 404 on every other one; before the body is
 * read, and after all `onRequest` hooks, so that who may not ask learns nothing.
 */
export function refuseUnrouted(server: FastifyInstance): void {
  const routes: { method: string; pattern: RegExp }[] = []
  server.addHook('onRoute', ({ method, url }) => {
    if (url.startsWith('*')) return
    // CORS answers OPTIONS for whole trees of paths; that makes none of them known.
    for (const one of [method].flat())
      if (one !== 'OPTIONS') routes.push({ method: one, pattern: patternOf(url) })
  })

  const refusalOf = (url: string) => {
    const path = routedPath(url)
    const allowed = new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    if (allowed.size === 0) return new HttpError(404, 'not found')
    return Object.assign(new HttpError(405, 'method not allowed'), { allow: [...allowed].sort().join(', ') })
  }

  server.addHook('preParsing', (request, reply, _payload, done) => {
    if (!request.is404) return done()
    const refusal = refusalOf(request.url)
    if ('allow' in refusal) reply.header('Allow', refusal.allow)
    done(refusal)
  })
  // For handlers that find out by themselves that there is nothing.
  server.setNotFoundHandler((request, reply) => {
    const refusal = refusalOf(request.url)
    if ('allow' in refusal) reply.header('Allow', refusal.allow)
    throw refusal
  })
}

/** A route's path as the router reads it: `:name` is one part of it, a final `*` the rest. */
const patternOf = (url: string) =>
  new RegExp(
    `^${url.replace(/:\w+|\*$|[^\w/]/g, part => {
      if (part === '*') return '.*'
      return part.length > 1 ? '[^/]+' : `\\${part}`
    })}$`,
  )
