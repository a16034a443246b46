import type { FastifyInstance } from 'fastify'

/** One JSON document with the newline that ends it, as Go's encoder writes it. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`

/**
 * Writes what handlers return as it is: every field, in its own order, whatever the schema of the route says. The
 * content type is plain `application/json`: JSON has no `charset` (RFC 8259, section 11).
 */
export function writeJson(server: FastifyInstance): void {
  server.setSerializerCompiler(() => jsonLine)
  server.setReplySerializer(jsonLine)
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('Content-Type', 'application/json')
    done()
  })
}
