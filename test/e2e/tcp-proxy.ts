import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Passes TCP connections on. Disposing closes them. */
export type TcpProxy = AsyncDisposable & {
  readonly port: number
  /** From now on nothing that clients send gets through; the connections stay open. */
  hold: () => void
}

/** `target` is on loopback. */
export async function startTcpProxy(target: { port: number }): Promise<TcpProxy> {
  const clients = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(target.port, '127.0.0.1')
    clients.add(client)
    client.pipe(upstream).pipe(client)
    const end = () => {
      clients.delete(client)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return {
    port: address.port,
    hold() {
      for (const client of clients) client.unpipe().resume()
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const client of clients) client.destroy()
      await closed
    },
  }
}
