import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type BodyLimits, drainBody, tooLarge } from './drain-body.ts'
import { HttpError } from './http-error.ts'

/**
 * JSON for routes whose schema has a body. Every other route has none: a body sent to it is read and forgotten before
 * its handler runs, whatever its type, as ipfs-cluster does; but never more of it than the limit, which is the server's
 * or the route's own `bodyLimit`. A route with a body of another type adds its own parser.
 */
export function parseBodies(server: FastifyInstance, limits: BodyLimits): void {
  server.removeAllContentTypeParsers()
  const parse = server.getDefaultJsonParser('error', 'error')
  const parseJson = (request: FastifyRequest, text: string) =>
    new Promise((resolve, reject) => {
      void parse(request, text, (error, body) => (error ? reject(error) : resolve(body)))
    })
  server.addContentTypeParser('application/json', async (request: FastifyRequest) => {
    const chunks: Buffer[] = []
    const expected = takesBody(request)
    await readWithin(request, limits.bodyTimeoutMs, chunk => expected && chunks.push(chunk))
    return expected ? parseJson(request, Buffer.concat(chunks).toString()) : undefined
  })
  server.addContentTypeParser('*', async (request: FastifyRequest) => {
    if (takesBody(request)) throw new HttpError(415, 'the content type of the body is not supported')
    await readWithin(request, limits.bodyTimeoutMs)
  })
  // Nobody reads the rest of a refused body, or that of a GET: it must not stay in a connection that others use next.
  server.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (!raw.complete && raw.readableFlowing !== null) reply.header('Connection', 'close')
    else if (!raw.complete) drainBody(raw, limits).catch(() => raw.destroy())
    done()
  })
}

const takesBody = ({ routeOptions }: FastifyRequest) => routeOptions.schema?.body !== undefined

async function readWithin(
  { raw, headers, routeOptions }: FastifyRequest,
  bodyTimeoutMs: number,
  keep?: (chunk: Buffer) => void,
): Promise<void> {
  const maxBodyBytes = routeOptions.bodyLimit
  if (Number(headers['content-length']) > maxBodyBytes) throw tooLarge(maxBodyBytes)
  await drainBody(raw, { maxBodyBytes, bodyTimeoutMs }, keep)
}
