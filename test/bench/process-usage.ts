import { readFile, writeFile } from 'node:fs/promises'

/** The most memory that a process has had resident at once, in MiB. Linux only: the kernel keeps the peak. */
export const peakMib = (pid: number | undefined): Promise<number> => memoryMib(pid, 'VmHWM')

/** The memory that a process has resident now, in MiB. */
export const residentMib = (pid: number | undefined): Promise<number> => memoryMib(pid, 'VmRSS')

async function memoryMib(pid: number | undefined, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
}

/** From now on the peak counts again from what is resident now (proc(5), `clear_refs`). */
export const resetPeak = (pid: number | undefined): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5')

/** CPU time of all threads of a process so far, in ms: fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms. */
export async function cpuMs(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Processes by a name for all of them together. */
type Groups = Record<string, readonly (number | undefined)[]>

/** Begins to count; the answer tells the CPU seconds that each group has needed since. */
export async function meterCpu<G extends Groups>(groups: G): Promise<() => Promise<Record<keyof G, number>>> {
  const read = async () =>
    Promise.all(Object.values(groups).map(async pids => sum(await Promise.all(pids.map(cpuMs)))))
  const before = await read()
  return async () => {
    const after = await read()
    const seconds = after.map((ms, i) => (ms - (before[i] ?? 0)) / 1_000)
    return Object.fromEntries(Object.keys(groups).map((name, i) => [name, seconds[i]])) as Record<
      keyof G,
      number
    >
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Bytes that a process has written so far, to sockets and files: `wchar` of proc_pid_io(5). */
export async function writtenBytes(pid: number | undefined): Promise<number> {
  return Number(/^wchar: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1])
}
