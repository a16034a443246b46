import { once } from 'node:events'
import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import { formatBanner } from './banner.ts'
import { type CommandLine, readCommandLine, USAGE } from './command-line.ts'
import { keepReadyFile, readyFileIn } from './ready-file.ts'
import { startStack } from './stack.ts'
import { StackError } from './stack-error.ts'
import { onStopRequest } from './stop-request.ts'
import { createTerminalLog, type TerminalLog } from './terminal-log.ts'
import { findTraceViewer, startTraceViewer } from './trace-viewer.ts'

/** Runs until `stop` is aborted. Everything it started is stopped before it returns or throws. */
async function run(options: CommandLine, { log, printLine }: TerminalLog, stop: AbortSignal): Promise<void> {
  const { dataDir, gatewayPort, isolated, serversOnly, readyFile } = options
  const viewer = options.traces ? await findTraceViewer() : undefined
  log.info({ dataDir }, 'starting the servers')
  // The clients of Postgres and NATS take half a second to load; the servers start meanwhile.
  const loading = Promise.all([import('./prepare.ts'), import('./services.ts')])
  // Its failure is told where it is waited for, when the servers can be stopped.
  loading.catch(() => undefined)
  await using stack = await startStack({ dataDir, isolated, log, signal: stop })
  const [{ prepareAfterRestarts, prepareStack }, { startServices }] = await loading
  await prepareStack(stack, log)
  void prepareAfterRestarts(stack, log)
  const traces =
    viewer && (await startTraceViewer(stack.supervisor, { dataDir: join(dataDir, 'traces'), viewer }))
  const services = serversOnly
    ? undefined
    : await startServices(stack, {
        dataDir: join(dataDir, 'services'),
        gatewayPort,
        ...(traces && { settings: traces.settings }),
        log,
        printLine,
      })
  await using _ownReady = await keepReadyFile(readyFileIn(dataDir), stack, services, log)
  await using _ready = readyFile ? await keepReadyFile(readyFile, stack, services, log) : undefined
  process.stdout.write(formatBanner({ stack, services, traces, dataDir }))
  if (!stop.aborted) await once(stop, 'abort')
  log.info({ reason: stop.reason }, 'stopping')
}

/** Resolves with the exit code. */
async function main(): Promise<number> {
  const stop = onStopRequest()
  const terminal = createTerminalLog(process.stderr, process.env.LOG_LEVEL || 'info')
  try {
    const options = readCommandLine(process.argv.slice(2))
    if (options.help) process.stdout.write(USAGE)
    else await run(options, terminal, stop)
    terminal.log.debug('stopped')
    return 0
  } catch (error) {
    if (stop.aborted) return 0
    reportFailure(terminal.log, error)
    return 1
  }
}

function reportFailure(log: Logger, error: unknown): void {
  if (error instanceof StackError) log.fatal(error.message)
  else log.fatal({ err: error }, 'cannot start')
}

process.exitCode = await main()
