import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const timeout = 20_000
const script = fileURLToPath(new URL('testing/tiny-service.ts', import.meta.url))

type Line = { level: string; msg: string; service: string }

/** Runs the service as a process to its end; `stopAt` sends the signals, one at each line with that message. */
async function run(env: Record<string, string>, signals: Record<string, NodeJS.Signals> = {}) {
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: Line[] = []
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', line => errors.push(line))
  const reading = createInterface({ input: child.stdout })
  reading.on('line', text => {
    const line = JSON.parse(text) as Line
    lines.push(line)
    const signal = signals[line.msg]
    if (signal) child.kill(signal)
  })
  const [[code, signal]] = await Promise.all([once(child, 'close'), once(reading, 'close')])
  return { code, signal, lines, messages: lines.map(({ msg }) => msg), errors }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends a service with code 0, after its loops and its resources`, { timeout }, async () => {
    const ended = await run({}, { started: signal })
    assert.deepEqual([ended.code, ended.signal], [0, null])
    assert.deepEqual(ended.messages, ['started', 'stopping', 'released', 'stopped'])
    assert.deepEqual(ended.errors, [])
  })
}

test('a bad setting ends the start with code 1 and one line that names it', { timeout }, async () => {
  const { code, lines, errors } = await run({ SHUTDOWN_TIMEOUT_MS: 'soon' })
  assert.equal(code, 1)
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.level, 'fatal')
  assert.match(lines[0]?.msg ?? '', /SHUTDOWN_TIMEOUT_MS must be integer \(got "soon"\)/)
  assert.deepEqual(errors, [])
})

test('a service that cannot stop in time is ended by force with code 1', { timeout }, async () => {
  const startedAt = performance.now()
  const { code, messages } = await run(
    { BEHAVIOUR: 'sticks', SHUTDOWN_TIMEOUT_MS: '200' },
    { started: 'SIGTERM' },
  )
  assert.equal(code, 1)
  assert.deepEqual(messages, ['started', 'stopping', 'could not stop in time'])
  assert.ok(performance.now() - startedAt < 15_000)
})

test('a second signal ends a service that is still stopping at once', { timeout }, async () => {
  const ended = await run({ BEHAVIOUR: 'sticks' }, { started: 'SIGTERM', stopping: 'SIGTERM' })
  assert.equal(ended.signal, 'SIGTERM')
})

test('a loop that ends by itself ends the service with code 1, its resources released', {
  timeout,
}, async () => {
  const { code, messages } = await run({ BEHAVIOUR: 'loop-ends' })
  assert.equal(code, 1)
  assert.deepEqual(messages.toSorted(), [
    'a loop of the service ended by itself',
    'released',
    'started',
    'stopped',
  ])
  assert.ok(messages.indexOf('released') < messages.indexOf('stopped'))
})

test('a loop that fails ends the service with code 1, its resources released', { timeout }, async () => {
  const { code, messages } = await run({ BEHAVIOUR: 'loop-fails' })
  assert.equal(code, 1)
  // Sorted, because pino writes a fatal line at once, and so ahead of one that a busy pipe has not taken yet.
  assert.deepEqual(messages.toSorted(), [
    'a loop of the service ended by itself',
    'released',
    'started',
    'stopped',
  ])
  assert.ok(messages.indexOf('released') < messages.indexOf('stopped'))
})

test('a start that fails ends the service with code 1 and the reason', { timeout }, async () => {
  const { code, lines } = await run({ BEHAVIOUR: 'start-fails' })
  assert.equal(code, 1)
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level} ${msg}`),
    ['fatal service failed', 'info stopped'],
  )
})
