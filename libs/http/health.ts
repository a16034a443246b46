import { type Logger, metrics, observeMetrics, readMetrics } from '#libs/telemetry/index.ts'
import { createServer, type HttpServer } from './create-server.ts'
import { HttpError } from './http-error.ts'

type CheckName = (typeof metrics.checkPassed.attributes)['pickup.check'][number]

/** Named checks of what a service needs; each rejects with the reason when it is not there. */
export type ReadinessChecks = Partial<Record<CheckName, () => Promise<unknown>>>

const checkTimeoutMs = 3_000

/** Adds `GET /health/live` (the process answers) and `GET /health/ready` (its backends do, too; else 503). */
export function addHealthRoutes(server: HttpServer, checks: ReadinessChecks): void {
  server.get('/health/live', optionsOf('Whether the process answers'), () => ({ live: true }))
  server.get(
    '/health/ready',
    optionsOf('Whether its backends answer too, each by its name'),
    async (_request, reply) => {
      const results = await outcomesOf(checks)
      const ready = results.every(([, outcome]) => outcome === 'ok')
      return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(results) })
    },
  )
}

const optionsOf = (summary: string) => ({
  config: { public: true },
  schema: { tags: ['health'], summary, security: [] },
})

const outcomesOf = (checks: ReadinessChecks) =>
  Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name as CheckName, await outcomeOf(check)] as const),
  )

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

/** Tells the outcome of each check with the metrics, until its end. */
export function observeChecks(checks: ReadinessChecks): Disposable {
  return observeMetrics([metrics.checkPassed], async observe => {
    for (const [name, outcome] of await outcomesOf(checks))
      observe(metrics.checkPassed, outcome === 'ok' ? 1 : 0, { 'pickup.check': name })
  })
}

type HealthServerOptions = { host: string; port: number; checks: ReadinessChecks; log: Logger }

/** Listens for those who run the service: health checks, and `GET /metrics` in the text format of Prometheus. */
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
  addMetricsRoute(server, log)
  const observing = observeChecks(checks)
  await server.listen({ host, port })
  return {
    async [Symbol.asyncDispose]() {
      observing[Symbol.dispose]()
      await server.close()
    },
  }
}

function addMetricsRoute(server: HttpServer, log: Logger): void {
  server.get('/metrics', async (_request, reply) => {
    const exposition = await readMetrics()
    if (!exposition) throw new HttpError(404, 'metrics are not exposed: set OTEL_METRICS_EXPORTER=prometheus')
    for (const err of exposition.errors) log.debug({ err }, 'some metrics were not read')
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(exposition.text)
  })
}
