import { ConfigError } from '#libs/config/index.ts'
import { failureCodes } from '#libs/errors/index.ts'
import { createLogger, type Logger, startAtZero } from '#libs/telemetry/index.ts'

type ServiceConfig = { LOG_LEVEL: string; SHUTDOWN_TIMEOUT_MS: number }

type Start<Config> = (context: {
  config: Config
  log: Logger
  /** Aborted by SIGTERM or SIGINT: take no new work, hand back what runs. */
  stopping: AbortSignal
}) => Promise<{
  /** The loops of the service. One that ends by itself, or rejects, ends the service. */
  running: readonly Promise<unknown>[]
  resources: AsyncDisposable
}>

/**
 * The life of a process: read the settings, start, wait for SIGTERM or SIGINT, let the loops end, release the
 * resources in reverse order, and leave by an empty event loop so that telemetry is flushed. A bad setting ends the
 * start with one line. A process that cannot end within `SHUTDOWN_TIMEOUT_MS` is ended by force with exit code 1.
 */
export async function runService<Config extends ServiceConfig>(
  name: string,
  readSettings: () => Config,
  start: Start<Config>,
): Promise<void> {
  const config = readSettingsOrExplain(name, readSettings)
  if (!config) return
  const log = createLogger(name, config.LOG_LEVEL)
  startAtZero(name, Object.keys(failureCodes))
  const stopping = new AbortController()

  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping')
    stopping.abort(new Error(`${name} stops on ${signal}`))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  stopping.signal.addEventListener('abort', () => {
    setTimeout(() => {
      log.fatal({ timeoutMs: config.SHUTDOWN_TIMEOUT_MS }, 'could not stop in time')
      process.exit(1)
    }, config.SHUTDOWN_TIMEOUT_MS).unref()
  })

  try {
    const { running, resources } = await start({ config, log, stopping: stopping.signal })
    await using _ = resources
    log.info('started')
    const ended = await Promise.race([...running.map(outcomeOf), aborted(stopping.signal)])
    if (!stopping.signal.aborted) {
      process.exitCode = 1
      log.fatal({ err: ended }, 'a loop of the service ended by itself')
      stopping.abort(new Error(`${name} stops because a loop ended`))
    }
    // Whatever happened, the others end in order before what they use is taken from them.
    const outcomes = await Promise.all(running.map(outcomeOf))
    for (const err of outcomes.filter(outcome => outcome !== undefined && outcome !== ended)) {
      process.exitCode = 1
      log.error({ err }, 'a loop of the service failed while it stopped')
    }
  } catch (err) {
    process.exitCode = 1
    log.fatal({ err }, 'service failed')
    stopping.abort(err)
  }
  process.removeListener('SIGTERM', stop)
  process.removeListener('SIGINT', stop)
  log.info('stopped')
}

function readSettingsOrExplain<Config>(name: string, readSettings: () => Config): Config | undefined {
  try {
    return readSettings()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    createLogger(name, 'info').fatal(error.message)
    process.exitCode = 1
    return undefined
  }
}

/** What the loop was rejected with, if it was. */
async function outcomeOf(loop: Promise<unknown>): Promise<unknown> {
  try {
    await loop
    return undefined
  } catch (error) {
    return error
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
