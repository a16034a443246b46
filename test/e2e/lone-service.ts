import { join } from 'node:path'
import { keepPorts } from '#deploy/local/kept-ports.ts'
import { type LaunchedProcess, launchProcess } from '#deploy/local/launch-process.ts'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { startGuard } from '#deploy/local/process-guard.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import type { Pipeline, ServiceName } from './pipeline.ts'

/** A process of a service that nobody restarts. Disposing kills it, if it still runs, stopped or not. */
export type LoneService = AsyncDisposable &
  LaunchedProcess & {
    /** Of its health checks, and of the API of a gateway. */
    url: string
    /** Waits for a line of its log. */
    logged: (pattern: RegExp) => Promise<string>
  }

let started = 0

/** Starts one more process of a service and resolves when it is ready for work. */
export async function startLoneService(
  pipeline: Pipeline,
  name: ServiceName,
  settings: Record<string, string> = {},
): Promise<LoneService> {
  await using starting = new AsyncDisposableStack()
  const guard = starting.use(startGuard(createLogger('test', 'warn')))
  const { port } = await keepPorts(join(pipeline.folder, `lone-${++started}.json`), ['port'])
  const spec = pipeline.serviceSpec(name, { settings, port })
  const lines: string[] = []
  const launched = await launchProcess(spec, guard, line => {
    lines.push(line)
    spec.onLine?.(line)
  })
  starting.defer(async () => {
    launched.kill('SIGKILL')
    await launched.ended
  })
  await pollUntil(spec.probe, { what: name, timeoutMs: 60_000 })
  const logged = (pattern: RegExp) =>
    pollUntil(
      async () => {
        const found = lines.find(line => pattern.test(line))
        if (found === undefined) throw new Error(`no line of ${name} matches`)
        return found
      },
      { what: `log line ${pattern}`, timeoutMs: 40_000 },
    )
  const resources = starting.move()
  return {
    ...launched,
    url: `http://127.0.0.1:${port}`,
    logged,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
