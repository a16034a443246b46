import type { Logger } from '#libs/telemetry/index.ts'
import { launchProcess, type ProcessSpec } from './launch-process.ts'
import { type ProcessGuard, startGuard } from './process-guard.ts'
import { StackError } from './stack-error.ts'
import { type ChildSpec, type SupervisedChild, superviseChild } from './supervised-child.ts'

/** Owner of a set of processes. Disposing ends them, the last started first; a killed supervisor is replaced by its guard. */
export type Supervisor = AsyncDisposable & {
  /** Process id of the guard. */
  readonly guardPid: number | undefined
  /** In the order of their start. */
  readonly children: readonly SupervisedChild[]
  /** Resolves when the process is ready; from then on it is restarted whenever it dies. */
  start(spec: ChildSpec): Promise<SupervisedChild>
  /** Runs a command to its end; throws {@link StackError} with its last lines unless it exits with 0. */
  run(spec: ProcessSpec): Promise<void>
  /** Is called whenever a process was started or has ended. */
  onChange(listener: () => void): void
}

/** `signal` ends starts that are under way; running children stay until the supervisor is disposed. */
export function createSupervisor(log: Logger, signal?: AbortSignal): Supervisor {
  const guard: ProcessGuard = startGuard(log)
  const children: SupervisedChild[] = []
  const starting = new Set<Promise<unknown>>()
  const listeners: (() => void)[] = []
  const disposed = new AbortController()
  const stopping = signal ? AbortSignal.any([disposed.signal, signal]) : disposed.signal

  async function start(spec: ChildSpec): Promise<SupervisedChild> {
    const deps = {
      guard,
      log: log.child({ service: spec.name }),
      onChange: () => {
        for (const listener of listeners) listener()
      },
    }
    const child = await superviseChild(spec, deps, stopping)
    children.push(child)
    return child
  }

  async function run(spec: ProcessSpec): Promise<void> {
    stopping.throwIfAborted()
    const launched = await launchProcess(spec, guard, line => log.debug({ service: spec.name }, line))
    const end = () => launched.kill(spec.stopSignal ?? 'SIGTERM')
    stopping.addEventListener('abort', end)
    const { code, how } = await launched.ended
    stopping.removeEventListener('abort', end)
    stopping.throwIfAborted()
    if (code !== 0) throw new StackError(`${spec.name} failed (${how}):\n${launched.lastLines()}`)
  }

  async function tracked<T>(work: Promise<T>): Promise<T> {
    starting.add(work)
    try {
      return await work
    } finally {
      starting.delete(work)
    }
  }

  return {
    get guardPid() {
      return guard.pid
    },
    children,
    start: spec => tracked(start(spec)),
    run: spec => tracked(run(spec)),
    onChange: listener => void listeners.push(listener),
    async [Symbol.asyncDispose]() {
      disposed.abort()
      await Promise.allSettled(starting)
      for (const child of children.toReversed()) {
        log.debug(`stopping ${child.name}`)
        await child.stop()
      }
      await guard[Symbol.asyncDispose]()
    },
  }
}
