import { createLogger } from '#libs/telemetry/index.ts'
import { createServer } from '../create-server.ts'

/** Goes for a backend that cannot be reached. */
export class AwayError extends Error {}

/** A server with small limits, whose errors have the shape of ipfs-cluster. */
export function createTestServer({ requestTimeoutMs = 5_000, maxPendingRequests = 100 } = {}) {
  const server = createServer({
    log: createLogger('test', 'silent'),
    errorBody: (code, message) => ({ code, message }),
    isBackendAway: error => error instanceof AwayError,
    maxHeaderBytes: 4_096,
    requestTimeoutMs,
    maxPendingRequests,
  })
  const listen = async () => Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
  return Object.assign(server, { listenOnLoopback: listen, [Symbol.asyncDispose]: () => server.close() })
}
