import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { ProcessGuard } from './process-guard.ts'

const KEPT_LINES = 20

/** What to run. `env` is the whole environment: servers must not pick up settings from the caller's. */
export type ProcessSpec = {
  name: string
  command: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  cwd?: string
  /** User to run as; needs root. */
  user?: { uid: number; gid: number }
  /** The signal that asks it to end in order. Default SIGTERM. */
  stopSignal?: NodeJS.Signals
}

export type LaunchedProcess = {
  readonly pid: number
  readonly startedAtMs: number
  /** How it ended: `exit code 1`, `SIGKILL`. Never rejects. */
  readonly ended: Promise<{ code: number | null; how: string }>
  /** The last lines it printed, for the message about its end. */
  lastLines(): string
  kill(signal: NodeJS.Signals): void
}

/** Spawns a process in its own session, registered with the guard. Rejects when the file cannot be executed. */
export async function launchProcess(
  spec: ProcessSpec,
  guard: ProcessGuard,
  onLine: (line: string) => void,
): Promise<LaunchedProcess> {
  const { command, args, env, cwd, user, stopSignal = 'SIGTERM' } = spec
  const child = spawn(command, args, { env, cwd, ...user, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  if (child.pid !== undefined) guard.add(child.pid, stopSignal)
  const { promise: ended, resolve } = Promise.withResolvers<{ code: number | null; how: string }>()
  child.once('exit', (code, signal) => {
    if (child.pid !== undefined) guard.remove(child.pid)
    resolve({ code, how: signal ?? `exit code ${code}` })
  })
  const lines: string[] = []
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', line => {
      if (lines.push(line) > KEPT_LINES) lines.shift()
      onLine(line)
    })
  await once(child, 'spawn')
  return {
    pid: child.pid ?? 0,
    startedAtMs: performance.now(),
    ended,
    lastLines: () => lines.join('\n'),
    kill: signal => void child.kill(signal),
  }
}
