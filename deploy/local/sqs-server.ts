// The SQS emulator as a process of its own: `node sqs-server.ts <port> <data folder> <queue name>`.
import { type ListenOptions, Server } from 'node:net'
import { startFauxqs } from 'fauxqs'

const [port = '', dataDir = '', queue = ''] = process.argv.slice(2)

// fauxqs always listens on every interface and has no setting for it. Nothing of the stack may be reachable from outside.
const { listen } = Server.prototype as { listen: (this: Server, options: ListenOptions) => Server }
Server.prototype.listen = function listenOnLoopback(this: Server): Server {
  return listen.call(this, { port: Number(port), host: '127.0.0.1' })
}

const server = await startFauxqs({ port: Number(port), dataDir, logger: false })
server.setup({ queues: [{ name: queue }] })

process.once('SIGTERM', () => void server.stop())
