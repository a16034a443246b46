import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Passes TCP connections on. Disposing closes them. */
export type TcpProxy = AsyncDisposable & {
  readonly port: number
  /** From now on nothing that clients send gets through; the connections stay open. */
  hold: () => void
  /** Breaks all connections, and each new one, until `restore`. */
  cut: () => void
  /** Nothing gets through either way until `restore`, and nothing is lost; the connections stay open. */
  stall: () => void
  restore: () => void
}

type Pair = { client: Socket; upstream: Socket }

/** `target` is on loopback. */
export async function startTcpProxy(target: { port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let state: 'open' | 'cut' | 'stalled' = 'open'
  const join = ({ client, upstream }: Pair) => client.pipe(upstream).pipe(client)
  const part = ({ client, upstream }: Pair) => {
    for (const socket of [client, upstream]) socket.unpipe().pause()
  }
  const server = createServer(client => {
    if (state === 'cut') return client.resetAndDestroy()
    const upstream = connect(target.port, '127.0.0.1')
    const pair = { client, upstream }
    pairs.add(pair)
    if (state === 'open') join(pair)
    const end = () => {
      pairs.delete(pair)
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
      for (const { client } of pairs) client.unpipe().resume()
    },
    cut() {
      state = 'cut'
      for (const { client } of pairs) client.resetAndDestroy()
    },
    stall() {
      state = 'stalled'
      pairs.forEach(part)
    },
    restore() {
      if (state === 'stalled') pairs.forEach(join)
      state = 'open'
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const { client } of pairs) client.destroy()
      await closed
    },
  }
}
