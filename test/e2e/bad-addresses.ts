import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A peer id of nobody, to complete the address of something that is no IPFS node. */
export const nobody = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

export const addressOf = (port: number) => `/ip4/127.0.0.1/tcp/${port}/p2p/${nobody}`

/** A server that accepts connections and never says a word. */
export async function startSilentServer() {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    /** Connections that ever came. */
    get connections() {
      return sockets.size
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A port that refuses connections: nobody listens there. */
export async function closedPort(): Promise<number> {
  const server = await startSilentServer()
  await server[Symbol.asyncDispose]()
  return server.port
}

const stoppedListener = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))`

/**
 * A port that swallows packets, as a firewall does: its listener accepts nothing and its backlog is full, so Linux
 * answers no further connection attempt at all.
 */
export async function startBlackHole() {
  const child = spawn(process.execPath, ['-e', stoppedListener], { stdio: ['ignore', 'pipe', 'inherit'] })
  const sockets: Socket[] = []
  const [line] = await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  const port = Number(String(line))
  try {
    while (await isAnswered(port, sockets));
  } catch (error) {
    await end(child, sockets)
    throw error
  }
  return { port, [Symbol.asyncDispose]: () => end(child, sockets) }
}

/** Takes one more place in the backlog, or finds that there is none: loopback answers within a second or never. */
async function isAnswered(port: number, sockets: Socket[]): Promise<boolean> {
  if (sockets.length > 1_000) throw new Error('the backlog never gets full')
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  const given = AbortSignal.timeout(1_000)
  try {
    await once(socket, 'connect', { signal: given })
    return true
  } catch (error) {
    if (!given.aborted) throw error
    return false
  }
}

async function end(child: ChildProcess, sockets: Socket[]): Promise<void> {
  for (const socket of sockets) socket.on('error', () => undefined).destroy()
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
