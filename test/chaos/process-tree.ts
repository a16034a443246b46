import { readFile } from 'node:fs/promises'

/** A process and all that it has started, itself first. Linux only. */
async function processTree(pid: number): Promise<number[]> {
  // proc_pid_children(5). Who has ended by now has none.
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const own = children.split(' ').filter(Boolean).map(Number)
  return [pid, ...(await Promise.all(own.map(processTree))).flat()]
}

/** Freezes a process with all that it has started, and returns how to wake them. */
export async function freeze(pid: number): Promise<() => void> {
  const frozen = await processTree(pid)
  for (const one of frozen) signalIfAlive(one, 'SIGSTOP')
  return () => {
    for (const one of frozen) signalIfAlive(one, 'SIGCONT')
  }
}

/** Sends a signal to a process that may have ended. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
