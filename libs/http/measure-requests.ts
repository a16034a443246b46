import type { FastifyInstance } from 'fastify'
import { metrics } from '#libs/telemetry/index.ts'

/** As the semantic conventions have it; others would make a series of whatever a client sends. */
const knownMethods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])

/** Of a request whose client went away before the head of an answer: nginx has it, and no answer of ours. */
const clientClosedRequest = 499

/** Measures every request to its end, also one that is refused or whose client goes away. */
export function measureRequests(server: Pick<FastifyInstance, 'addHook'>): void {
  server.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now()
    reply.raw.once('close', () => {
      const route = request.routeOptions.url
      metrics.requestDuration.record((performance.now() - startedAt) / 1_000, {
        'http.request.method': knownMethods.has(request.method) ? request.method : '_OTHER',
        'http.response.status_code': reply.raw.headersSent ? reply.raw.statusCode : clientClosedRequest,
        'url.scheme': 'http',
        ...(route === undefined ? {} : { 'http.route': route }),
      })
    })
    done()
  })
}
