import { fileURLToPath } from 'node:url'
import { type LaunchedProcess, launchProcess } from '#deploy/local/launch-process.ts'
import { startGuard } from '#deploy/local/process-guard.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import type { Pipeline, ServiceName } from '../../e2e/pipeline.ts'
import { journalVariable, planVariable } from './plan.ts'

const preload = fileURLToPath(new URL('preload.ts', import.meta.url))

/** A process of a service, started again at once whenever it ends. Disposing kills it. */
export type RestartedService = AsyncDisposable & {
  /** Ends the process, so that the next one reads the plan again. */
  kill: () => void
  readonly starts: number
}

/** The embedded stack's supervisor waits longer each time: whoever dies all the time has to be let alone. Not here. */
export async function restartService(
  pipeline: Pipeline,
  name: ServiceName,
  { planFile, journalFile }: { planFile: string; journalFile: string },
): Promise<RestartedService> {
  const guard = startGuard(createLogger('test', 'warn'))
  const spec = pipeline.serviceSpec(name, {
    settings: {
      NODE_OPTIONS: `--import=${preload}`,
      [planVariable]: planFile,
      [journalVariable]: journalFile,
    },
  })
  const launch = () => launchProcess(spec, guard, line => spec.onLine?.(line))
  let starts = 1
  let stopped = false
  let current: LaunchedProcess = await launch()

  async function keepRunning(): Promise<void> {
    for (;;) {
      await current.ended
      if (stopped) return
      starts++
      current = await launch()
      if (stopped) current.kill('SIGKILL')
    }
  }

  const running = keepRunning()
  return {
    kill: () => current.kill('SIGKILL'),
    get starts() {
      return starts
    },
    async [Symbol.asyncDispose]() {
      stopped = true
      current.kill('SIGKILL')
      await running
      await guard[Symbol.asyncDispose]()
    },
  }
}
