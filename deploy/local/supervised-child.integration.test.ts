import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { pollUntil } from './poll-until.ts'
import { StackError } from './stack-error.ts'
import { createSupervisor } from './supervisor.ts'
import { createTestFolder } from './test-folder.ts'

const log = pino({ level: 'silent' })
const ready = async () => undefined

/** A process that runs `script` with Node. */
const nodeProcess = (name: string, script: string) => ({
  name,
  command: process.execPath,
  args: ['-e', script],
  env: { PATH: process.env.PATH },
})

test('a process that ends before it is ready is an error with its last lines', {
  timeout: 20_000,
}, async () => {
  await using supervisor = createSupervisor(log)
  const spec = nodeProcess('bad', `console.error('no such disk'); process.exitCode = 3`)
  const neverReady = async () => assert.fail('not ready')
  await assert.rejects(
    supervisor.start({ ...spec, probe: neverReady }),
    error => error instanceof StackError && /bad ended \(exit code 3\)[^]*no such disk/.test(error.message),
  )
  assert.deepEqual(supervisor.children, [])
})

test('a command that cannot be executed is an error', { timeout: 20_000 }, async () => {
  await using supervisor = createSupervisor(log)
  const spec = { ...nodeProcess('missing', ''), command: '/nonexistent/server' }
  await assert.rejects(supervisor.start({ ...spec, probe: ready }), { code: 'ENOENT' })
})

test('who is not ready in time is stopped', { timeout: 20_000 }, async () => {
  await using supervisor = createSupervisor(log)
  const spec = nodeProcess('slow', 'setInterval(() => {}, 1000)')
  const neverReady = async () => assert.fail('not ready')
  await assert.rejects(supervisor.start({ ...spec, probe: neverReady, readyTimeoutMs: 300 }), StackError)
  assert.deepEqual(supervisor.children, [])
})

test('who ignores the stop signal is killed', { timeout: 20_000 }, async () => {
  await using folder = await createTestFolder()
  await using supervisor = createSupervisor(log)
  const deaf = join(folder.path, 'deaf')
  const spec = nodeProcess(
    'stubborn',
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); fs.writeFileSync(${JSON.stringify(deaf)}, '')`,
  )
  const probe = async () => assert.ok(existsSync(deaf))
  const child = await supervisor.start({ ...spec, probe, stopGraceMs: 200 })
  const { pid = Number.NaN } = child
  await child.stop()
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  assert.equal(child.pid, undefined)
})

test('who keeps dying is started with growing pauses until it holds', { timeout: 30_000 }, async () => {
  await using folder = await createTestFolder()
  await using supervisor = createSupervisor(log)
  const starts = join(folder.path, 'starts')
  const isUp = join(folder.path, 'up')
  await writeFile(starts, '')
  // Holds at its first and its third start.
  const spec = nodeProcess(
    'shaky',
    `fs.appendFileSync(${JSON.stringify(starts)}, '.')
     if (fs.readFileSync(${JSON.stringify(starts)}).length === 2) process.exit(1)
     fs.writeFileSync(${JSON.stringify(isUp)}, String(process.pid))
     setInterval(() => {}, 1000)`,
  )
  const child = await supervisor.start({ ...spec, probe: async () => assert.ok(existsSync(isUp)) })
  const restarted = child.nextRestart()
  await rm(isUp)
  const killedAtMs = performance.now()
  process.kill(child.pid ?? Number.NaN, 'SIGKILL')
  assert.equal(await restarted, child.pid)
  assert.ok(performance.now() - killedAtMs >= 1_500, 'pauses of 0.5 and 1 s')
})

test('a guard that was killed is replaced', { timeout: 20_000 }, async () => {
  await using supervisor = createSupervisor(log)
  const first = supervisor.guardPid
  assert.ok(first)
  const child = await supervisor.start({
    ...nodeProcess('steady', 'setInterval(() => {}, 1000)'),
    probe: ready,
  })
  process.kill(first, 'SIGKILL')
  const replaced = async () => assert.notEqual(supervisor.guardPid, first)
  await pollUntil(replaced, { what: 'the new guard', timeoutMs: 10_000 })
  assert.ok(child.pid)
})
