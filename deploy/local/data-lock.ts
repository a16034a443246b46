import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import { pollUntil } from './poll-until.ts'
import { readKept, writePrivateFile } from './private-file.ts'
import { StackError } from './stack-error.ts'

const GUARD_TIMEOUT_MS = 30_000

/** A process by its number and the time it was started: numbers are used again, in containers at once. */
type Identity = { pid: number; startTime: string }
type Holder = { supervisor: Identity; guard: Identity }

/**
 * Makes this process the only one that uses the data folder. Two servers over one folder would destroy it.
 * When the last holder was killed, waits until its guard has ended what it left behind. Throws {@link StackError} while
 * another holder lives. Each holder has a file of its own and looks for others after writing it, so of two that come at
 * once at most one gets the folder.
 */
export async function lockData(
  dataDir: string,
  guardPid: number | undefined,
  log: Logger,
): Promise<AsyncDisposable> {
  const own = `lock-${process.pid}-${randomBytes(4).toString('hex')}.json`
  const file = join(dataDir, own)
  const release = () => rm(file, { force: true })
  const mine: Holder = { supervisor: await identify(process.pid), guard: await identify(guardPid ?? 0) }
  await writePrivateFile(file, JSON.stringify(mine))
  try {
    const locks = (await readdir(dataDir)).filter(name => /^lock-.*\.json$/.test(name) && name !== own)
    for (const name of locks) await clearLock(dataDir, join(dataDir, name), log)
  } catch (error) {
    await release()
    throw error
  }
  return { [Symbol.asyncDispose]: release }
}

/** Removes the lock of a holder that is dead, once what it left behind has ended. */
async function clearLock(dataDir: string, file: string, log: Logger): Promise<void> {
  const holder = await readKept<Holder>(file)
  if (holder && (await isAlive(holder.supervisor)))
    throw new StackError(
      `process ${holder.supervisor.pid} runs on ${dataDir} already; stop it, or choose another folder with --data`,
    )
  if (holder && (await isAlive(holder.guard))) {
    log.info('waiting for the servers of a killed run to end')
    await pollUntil(() => expectGone(holder.guard), { what: 'the data folder', timeoutMs: GUARD_TIMEOUT_MS })
  }
  await rm(file, { force: true })
}

async function identify(pid: number): Promise<Identity> {
  return { pid, startTime: await readStartTime(pid) }
}

async function isAlive({ pid, startTime }: Identity): Promise<boolean> {
  if (pid === 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
  }
  return (await readStartTime(pid)) === startTime
}

async function expectGone(identity: Identity): Promise<void> {
  if (await isAlive(identity)) throw new Error(`process ${identity.pid} lives`)
}

/** Field 22 of Linux' stat(5), counted behind the name, which may hold spaces. Empty where there is no /proc. */
async function readStartTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
