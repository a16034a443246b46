import type { Logger } from '#libs/telemetry/index.ts'
import { createServer, type HttpServer } from './create-server.ts'

/** Named checks of what a service needs; each rejects with the reason when it is not there. */
export type ReadinessChecks = Record<string, () => Promise<unknown>>

const checkTimeoutMs = 3_000

/** Adds `GET /health/live` (the process answers) and `GET /health/ready` (its backends do, too; else 503). */
export function addHealthRoutes(server: HttpServer, checks: ReadinessChecks): void {
  server.get('/health/live', optionsOf('Whether the process answers'), () => ({ live: true }))
  server.get(
    '/health/ready',
    optionsOf('Whether its backends answer too, each by its name'),
    async (_request, reply) => {
      const results = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
      )
      const ready = results.every(([, outcome]) => outcome === 'ok')
      return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(results) })
    },
  )
}

const optionsOf = (summary: string) => ({
  config: { public: true },
  schema: { tags: ['health'], summary, security: [] },
})

async function outcomeOf(check: () => Promise<unknown>): Promise<string> {
  try {
    await Promise.race([check(), timeout(checkTimeoutMs)])
    return 'ok'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const timeout = (ms: number) =>
  new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref()
  })

type HealthServerOptions = { host: string; port: number; checks: ReadinessChecks; log: Logger }

/** Listens for health checks only: for services that have no API of their own. */
export async function startHealthServer({
  host,
  port,
  checks,
  log,
}: HealthServerOptions): Promise<AsyncDisposable> {
  const server = createServer({
    log,
    errorBody: (code, message) => ({ code, message }),
    isBackendAway: () => false,
    maxHeaderBytes: 8 * 1024,
    requestTimeoutMs: 10_000,
  })
  addHealthRoutes(server, checks)
  await server.listen({ host, port })
  return { [Symbol.asyncDispose]: () => server.close() }
}
