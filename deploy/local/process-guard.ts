import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Logger } from '#libs/telemetry/index.ts'

/** Ends the registered processes when this process dies without doing so itself (`kill -9`, out of memory). */
export type ProcessGuard = AsyncDisposable & {
  /** Process id of the guard. While it lives, processes of this stack may live. */
  readonly pid: number | undefined
  /** Call in the same turn in which the process was spawned: before that a crash leaves it behind. */
  add(pid: number, stopSignal: NodeJS.Signals): void
  remove(pid: number): void
}

/** Starts the guard as a process of its own session, so that Ctrl-C and a closed terminal do not reach it. */
export function startGuard(log: Logger): ProcessGuard {
  const registered = new Map<number, NodeJS.Signals>()
  let disposing = false
  let guard = launch()

  function launch(): ChildProcess {
    const child = spawn(process.execPath, [fileURLToPath(new URL('guard.ts', import.meta.url))], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    // Its end is reported by 'exit'; a write that crosses with it must not end this process.
    child.stdin?.on('error', error => log.debug({ error: error.message }, 'the guard does not listen'))
    child.on('error', error => log.error({ error: error.message }, 'the guard cannot be started'))
    child.on('exit', () => {
      if (disposing) return
      log.error('the guard ended by itself, another one is started')
      guard = launch()
      for (const [pid, signal] of registered) write(`+${pid} ${signal}`)
    })
    return child
  }

  /** The pipe is written to at once, not in a later turn of the event loop. */
  function write(line: string) {
    guard.stdin?.write(`${line}\n`)
  }

  return {
    get pid() {
      return guard.pid
    },
    add(pid, stopSignal) {
      registered.set(pid, stopSignal)
      write(`+${pid} ${stopSignal}`)
    },
    remove(pid) {
      registered.delete(pid)
      write(`-${pid}`)
    },
    async [Symbol.asyncDispose]() {
      disposing = true
      if (guard.exitCode !== null || guard.signalCode !== null || guard.pid === undefined) return
      const ended = once(guard, 'exit')
      guard.stdin?.end()
      await ended
    },
  }
}
