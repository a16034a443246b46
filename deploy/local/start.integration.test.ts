import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { pollUntil } from './poll-until.ts'
import type { ReadyFile } from './ready-file.ts'
import { createTestFolder } from './test-folder.ts'

const START = fileURLToPath(new URL('start.ts', import.meta.url))

test('Ctrl-C stops everything, the last started first, and exits with 0', { timeout: 120_000 }, async () => {
  await using folder = await createTestFolder()
  await using run = startServers(folder.path)
  const ready = await run.ready()
  const { mode } = await stat(run.readyFile)
  assert.equal(mode & 0o777, 0o600)
  run.child.kill('SIGINT')
  assert.deepEqual(await run.exited, [0, null])
  assert.deepEqual(
    run.lines.flatMap(line => /debug stopping (\S+)$/.exec(line)?.[1] ?? []),
    ready.processes.map(({ name }) => name).toReversed(),
  )
  assert.deepEqual(ready.processes.filter(isAlive), [])
  assert.ok(!existsSync(run.readyFile), 'the ready file is removed')
})

test('a killed supervisor leaves no process, and the next start works', { timeout: 120_000 }, async () => {
  await using folder = await createTestFolder()
  await using killed = startServers(folder.path)
  const ready = await killed.ready()
  killed.child.kill('SIGKILL')
  await killed.exited
  await using next = startServers(folder.path, 'second.json')
  const again = await next.ready()
  assert.deepEqual(ready.processes.filter(isAlive), [], 'a start waits until the old servers are gone')
  assert.equal(again.databaseUrl, ready.databaseUrl)
})

test('it stops when its parent is killed', { timeout: 120_000 }, async () => {
  await using folder = await createTestFolder()
  await using run = startServers(folder.path, 'ready.json', [
    '-e',
    `require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })`,
  ])
  const ready = await run.ready()
  run.child.kill('SIGKILL')
  await untilGone(ready.processes)
  await pollUntil(async () => assert.ok(!existsSync(run.readyFile)), { what: 'the end', timeoutMs: 10_000 })
})

test('the list of processes in the ready file follows a restart', { timeout: 120_000 }, async () => {
  await using folder = await createTestFolder()
  await using run = startServers(folder.path)
  const pidOf = ({ processes }: ReadyFile) => processes.find(({ name }) => name === 'kubo')?.pid ?? Number.NaN
  const before = pidOf(await run.ready())
  process.kill(before, 'SIGKILL')
  const changed = async () => {
    const pid = pidOf(await run.ready())
    assert.ok(pid > 0 && pid !== before)
    return pid
  }
  const after = await pollUntil(changed, { what: 'the new pid', timeoutMs: 20_000 })
  assert.ok(isAlive({ pid: after }))
})

test('a nats-server that has lost its directory gets its streams again', { timeout: 120_000 }, async () => {
  await using folder = await createTestFolder()
  await using run = startServers(folder.path)
  const { nats, processes } = await run.ready()
  const { pid } = processes.find(({ name }) => name === 'nats') ?? assert.fail('there is no nats-server')
  process.kill(pid, 'SIGKILL')
  await untilGone([{ name: 'nats', pid }])
  await rm(join(folder.path, 'data', 'nats', 'jetstream'), { recursive: true })
  const { user, password: pass } = nats.users.admin
  const connection = await connect({ servers: nats.natsUrl, user, pass, waitOnFirstConnect: true })
  const probe = async () =>
    (await jetstreamManager(connection)).consumers.info('PIN_EVENTS', 'indexer-bridge')
  await pollUntil(probe, { what: 'the last of the consumers', timeoutMs: 30_000 })
  await connection.close()
})

test('two runs over one data folder are refused', { timeout: 120_000 }, async () => {
  await using folder = await createTestFolder()
  await using first = startServers(folder.path)
  await first.ready()
  await using second = startServers(folder.path, 'second.json')
  assert.deepEqual(await second.exited, [1, null])
  assert.match(second.lines.join('\n'), /runs on .* already/)
})

test('an unknown flag is an error', { timeout: 20_000 }, async () => {
  const child = spawn(process.execPath, [START, '--bogus'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', line => lines.push(line))
  assert.deepEqual(await once(child, 'close'), [1, null])
  assert.match(lines.join('\n'), /--bogus/)
})

type Run = AsyncDisposable & {
  child: ChildProcess
  readyFile: string
  lines: string[]
  exited: Promise<unknown[]>
  ready(): Promise<ReadyFile>
}

/** Runs `start.ts --servers-only`; `launcher` are arguments of a Node process that starts it in turn. */
function startServers(folder: string, file = 'ready.json', launcher: string[] = []): Run {
  const readyFile = join(folder, file)
  const flags = ['--servers-only', '--isolated', '--data', join(folder, 'data'), '--ready-file', readyFile]
  const child = spawn(process.execPath, [...launcher, START, ...flags], {
    env: { ...process.env, LOG_LEVEL: 'debug', NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', line => lines.push(line))
  const exited = once(child, launcher.length > 0 ? 'exit' : 'close')
  const read = async () => {
    assert.ok(existsSync(readyFile), lines.join('\n'))
    return JSON.parse(await readFile(readyFile, 'utf8')) as ReadyFile
  }
  return {
    child,
    readyFile,
    lines,
    exited,
    ready: () => pollUntil(read, { what: readyFile, timeoutMs: 60_000 }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function isAlive({ pid }: { pid: number }): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

async function untilGone(processes: readonly { name: string; pid: number }[]): Promise<void> {
  await pollUntil(async () => assert.deepEqual(processes.filter(isAlive), []), {
    what: 'the end of the servers',
    timeoutMs: 30_000,
  })
}
