import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Passes TCP connections on as a long way would: later, and as fast as before. Disposing closes them. */
export type DelayProxy = AsyncDisposable & { readonly port: number }

/** `target` is a port on loopback; what is written at one end comes out at the other `oneWayMs` later. */
export async function startDelayProxy(target: number, oneWayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.setNoDelay()
      const later = delayLine(oneWayMs)
      from.on('data', chunk => later(() => to.write(chunk)))
      from.on('end', () => later(() => to.end()))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        later(() => to.destroy())
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Does each thing `delayMs` after it was asked to, in order: any number of them are on their way at once. */
function delayLine(delayMs: number): (act: () => void) => void {
  const onTheWay: { dueAt: number; act: () => void }[] = []
  function arrive(): void {
    const now = performance.now()
    while (onTheWay[0] && onTheWay[0].dueAt <= now) onTheWay.shift()?.act()
    const [next] = onTheWay
    // A timer of Node may be early by less than a millisecond.
    if (next) setTimeout(arrive, Math.max(1, next.dueAt - now))
  }
  return act => {
    onTheWay.push({ dueAt: performance.now() + delayMs, act })
    if (onTheWay.length === 1) setTimeout(arrive, delayMs)
  }
}
