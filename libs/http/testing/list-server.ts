import { once } from 'node:events'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { sendObjects } from '../send-objects.ts'
import { createTestServer } from './test-server.ts'

type Options = Partial<Parameters<typeof sendObjects>[2]>
type Pages = AsyncIterable<readonly object[]>

/** A server with the list at `/`, and the answers it is writing. */
export async function listServer(pages: () => Pages, options: Options = {}) {
  const server = createTestServer()
  const writing: ServerResponse[] = []
  server.get('/', (_request, reply) => {
    writing.push(reply.raw)
    return sendObjects(reply, pages(), { emptyStatus: 200, stallTimeoutMs: 10_000, ...options })
  })
  return Object.assign(server, { port: await server.listenOnLoopback(), writing })
}

/** The whole answer of a client that takes all of it. */
export async function answerOf(pages: () => Pages, options?: Options) {
  await using server = await listServer(pages, options)
  const [response] = (await once(get({ host: '127.0.0.1', port: server.port }), 'response')) as [
    IncomingMessage,
  ]
  const body = await text(response)
  const { statusCode, headers, trailers } = response
  return { statusCode, headers, trailers, body }
}

/** A client that has asked and takes nothing yet. */
export async function silentClient(port: number) {
  const socket = connect(port, '127.0.0.1').pause()
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  return socket
}
