import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '#libs/telemetry/index.ts'
import { type LaunchedProcess, launchProcess, type ProcessSpec } from './launch-process.ts'
import { pollUntil } from './poll-until.ts'
import type { ProcessGuard } from './process-guard.ts'
import { StackError } from './stack-error.ts'

const FIRST_BACK_OFF_MS = 500
const LONGEST_BACK_OFF_MS = 10_000
/** Who ran that long is healthy: its next end starts again with the first back-off. */
const STEADY_AFTER_MS = 30_000

/** A process that is to run until it is told to stop. */
export type ChildSpec = ProcessSpec & {
  /** Rejects while it is not ready for work. */
  probe: () => Promise<unknown>
  /** How long the first start may take. Default 60 s. */
  readyTimeoutMs?: number
  /** Time between the stop signal and SIGKILL. Default 15 s. */
  stopGraceMs?: number
  /** Gets each line it prints. By default they go to the log, at level debug. */
  onLine?: (line: string) => void
}

export type SupervisedChild = {
  readonly name: string
  /** Of the process that runs now; undefined between two of them and after the stop. */
  readonly pid: number | undefined
  /** Resolves with the new process id when it has died by itself, was started again and is ready. */
  nextRestart(): Promise<number>
  /** Resolves when the process is gone and will not come back. */
  stop(): Promise<void>
}

type Deps = { guard: ProcessGuard; log: Logger; onChange: () => void }

/** Starts the process, resolves when it is ready, and starts it again, with the same arguments, whenever it dies by itself. */
export async function superviseChild(
  spec: ChildSpec,
  { guard, log, onChange }: Deps,
  stopping: AbortSignal,
): Promise<SupervisedChild> {
  const { name, stopSignal = 'SIGTERM', stopGraceMs = 15_000, readyTimeoutMs = 60_000 } = spec
  const onLine = spec.onLine ?? (line => log.debug(line))
  const stop = new AbortController()
  const stopped = AbortSignal.any([stop.signal, stopping])
  let current: LaunchedProcess | undefined
  let restart = Promise.withResolvers<number>()

  /** Whoever takes the lines has shown them already. */
  const lastLines = (launched: LaunchedProcess) =>
    spec.onLine ? '' : `; its last lines:\n${launched.lastLines()}`

  async function launch(): Promise<LaunchedProcess> {
    stopped.throwIfAborted()
    const launched = await launchProcess(spec, guard, onLine)
    if (stopped.aborted) await end(launched)
    stopped.throwIfAborted()
    current = launched
    onChange()
    return launched
  }

  /** Rejects when the process ends before it is ready. */
  async function becomeReady(launched: LaunchedProcess, timeoutMs: number): Promise<void> {
    const settled = new AbortController()
    const ended = launched.ended.then(({ how }) => {
      throw new StackError(`${name} ended (${how}) before it was ready${lastLines(launched)}`)
    })
    const signal = AbortSignal.any([settled.signal, stopped])
    try {
      await Promise.race([pollUntil(spec.probe, { what: name, timeoutMs, signal }), ended])
    } finally {
      settled.abort()
    }
  }

  async function end(launched: LaunchedProcess): Promise<void> {
    launched.kill(stopSignal)
    const patience = new AbortController()
    const force = delay(stopGraceMs, undefined, { signal: patience.signal }).then(
      () => {
        log.warn(`${name} does not stop within ${stopGraceMs / 1000} s, it is killed`)
        launched.kill('SIGKILL')
      },
      () => undefined,
    )
    await launched.ended
    patience.abort()
    await force
  }

  /** The whole life after the first start: one turn per process. */
  async function keepRunning(first: LaunchedProcess): Promise<void> {
    let launched = first
    let backOffMs = FIRST_BACK_OFF_MS
    for (;;) {
      const { how } = await launched.ended
      current = undefined
      onChange()
      if (stopped.aborted) return
      if (performance.now() - launched.startedAtMs > STEADY_AFTER_MS) backOffMs = FIRST_BACK_OFF_MS
      log.error({ ended: how, restartInMs: backOffMs }, `${name} DIED${lastLines(launched)}`)
      await delay(backOffMs, undefined, { signal: stopped })
      backOffMs = Math.min(2 * backOffMs, LONGEST_BACK_OFF_MS)
      launched = await launch()
      const { pid } = launched
      // No deadline: a database may repair itself for long. Its end before that is seen by the next turn.
      becomeReady(launched, Number.POSITIVE_INFINITY).then(
        () => {
          log.info({ pid }, `${name} runs again`)
          restart.resolve(pid)
          restart = Promise.withResolvers()
        },
        (error: Error) => log.debug({ error: error.message }, `${name} is not ready`),
      )
    }
  }

  const first = await launch()
  try {
    await becomeReady(first, readyTimeoutMs)
  } catch (error) {
    await end(first)
    throw error
  }
  const life = keepRunning(first).catch((error: Error) => {
    if (!stopped.aborted) log.fatal({ error: error.message }, `${name} cannot be started again`)
  })
  return {
    name,
    get pid() {
      return current?.pid
    },
    nextRestart: () => restart.promise,
    async stop() {
      stop.abort()
      if (current) await end(current)
      await life
      log.debug(`${name} stopped`)
    },
  }
}
