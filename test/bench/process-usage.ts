import { readFile, writeFile } from 'node:fs/promises'

/** The most memory that a process has had resident at once, in MiB. Linux only: the kernel keeps the peak. */
export async function peakMib(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

/** From now on the peak counts again from what is resident now (proc(5), `clear_refs`). */
export const resetPeak = (pid: number | undefined): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5')

/** CPU time of all threads of a process so far, in ms: fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms. */
export async function cpuMs(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
