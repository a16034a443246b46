import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { answerProblems, type Exchange } from './check-answer.ts'

/** An HTTP proxy that keeps what passes. Disposing closes every connection. */
export type CheckingProxy = AsyncDisposable & {
  readonly url: string
  readonly port: number
  /** All complete exchanges so far, in the order of their ends. */
  readonly exchanges: readonly Exchange[]
  /** What the Go client could not have read of the answers so far. */
  problems: () => string[]
}

/** Stands between a client and the gateway at `target`, so that answers are checked that the client itself takes lightly. */
export async function startCheckingProxy(target: string): Promise<CheckingProxy> {
  const exchanges: Exchange[] = []
  const server = createServer((incoming, answer) => forward(target, incoming, answer, exchanges))
  // A test may wait for longer than Node keeps an idle connection, and then ask over it while it is being closed.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    exchanges,
    problems: () => exchanges.flatMap(answerProblems),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Headers, chunks and trailers pass at once and unchanged. */
function forward(
  target: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  exchanges: Exchange[],
): void {
  const { hostname, port } = new URL(target)
  const { method = 'GET', url = '/' } = incoming
  const outgoing = request({ hostname, port, path: url, method, headers: incoming.headers, agent: false })
  outgoing.on('response', gateway => {
    answer.writeHead(gateway.statusCode ?? 500, gateway.statusMessage, gateway.rawHeaders)
    gateway.pipe(answer, { end: false })
    keep(gateway).then(
      ({ body, trailers }) => {
        const { statusCode: status = 0, headers } = gateway
        exchanges.push({ method, target: url, status, headers, body, trailers })
        if (gateway.rawTrailers.length > 0) answer.addTrailers(trailers)
        answer.end()
      },
      () => answer.destroy(),
    )
  })
  outgoing.on('error', () => answer.destroy())
  incoming.on('error', () => outgoing.destroy())
  answer.on('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}

async function keep(gateway: IncomingMessage) {
  const body = await text(gateway)
  return { body, trailers: gateway.trailers as Record<string, string> }
}
