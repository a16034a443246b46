// The process that outlives a killed supervisor. It reads which processes the supervisor started from a pipe
// (`+<pid> <signal>`, `-<pid>`). The end of the pipe means that the supervisor is gone, however it died;
// what is still registered is then ended here, the last started first.
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const GRACE_MS = 10_000
const POLL_MS = 50

const registered = new Map<number, string>()

for await (const line of createInterface({ input: process.stdin })) {
  const [pid = '', signal = 'SIGTERM'] = line.slice(1).split(' ')
  if (line.startsWith('+')) registered.set(Number(pid), signal)
  else registered.delete(Number(pid))
}

/** Sends a signal (0: only asks). False when there is no such process, or another user's has got its number. */
function send(pid: number, signal: string | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))
      return false
    throw error
  }
}

const deadline = performance.now() + GRACE_MS
for (const [pid, signal] of [...registered].toReversed()) {
  let alive = send(pid, signal)
  while (alive && performance.now() < deadline) {
    await delay(POLL_MS)
    alive = send(pid, 0)
  }
  if (alive) send(pid, 'SIGKILL')
}
