import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { handleAll, repeatPass } from './repeat-pass.ts'

const timeout = 10_000
const never = 3_600_000
const log = createLogger('test', 'silent')

test('a pass is repeated at once while more is due, and then only after its time', { timeout }, async () => {
  const stopping = new AbortController()
  const idle = Promise.withResolvers<void>()
  let passes = 0
  const pass = async () => {
    passes++
    if (passes === 3) setImmediate(idle.resolve)
    return passes < 3
  }
  const repeating = repeatPass({ what: 'work', pass, intervalMs: never, stopping: stopping.signal, log })
  await idle.promise
  assert.equal(passes, 3)
  stopping.abort()
  await repeating
  assert.equal(passes, 3)
})

test('a pass that fails is logged once and repeated after its time', { timeout }, async () => {
  const stopping = new AbortController()
  const lines: { err: unknown; text: string }[] = []
  const listening = createLogger('test', 'silent')
  listening.error = ((fields: { err: unknown }, text: string) =>
    void lines.push({ err: fields.err, text })) as typeof listening.error
  const failure = new Error('the store is away')
  let passes = 0
  const pass = async () => {
    if (++passes < 3) throw failure
    stopping.abort()
    return false
  }
  await repeatPass({ what: 'work', pass, intervalMs: 1, stopping: stopping.signal, log: listening })
  assert.deepEqual(lines, Array(2).fill({ err: failure, text: 'work failed, will be repeated' }))
})

test('a pass that is cut off by the end of the service is no failure, and the loop ends at once', {
  timeout,
}, async () => {
  const stopping = new AbortController()
  const pass = () => {
    stopping.abort(new Error('the service stops'))
    return Promise.reject(new Error('cut off'))
  }
  const listening = createLogger('test', 'silent')
  listening.error = (() => assert.fail('it was logged')) as typeof listening.error
  await repeatPass({ what: 'work', pass, intervalMs: never, stopping: stopping.signal, log: listening })
})

test('a row that fails keeps none of the others back, and all failures are told together', {
  timeout,
}, async () => {
  const handled: number[] = []
  const handle = async (row: number) => {
    if (row % 2 === 0) throw new Error(`row ${row}`)
    handled.push(row)
  }
  await assert.rejects(handleAll([1, 2, 3, 4], handle), error => {
    assert.ok(error instanceof AggregateError)
    assert.equal(error.message, '2 of 4 failed')
    assert.deepEqual(error.errors.map(String), ['Error: row 2', 'Error: row 4'])
    return true
  })
  assert.deepEqual(handled, [1, 3])
  await handleAll([], handle)
})
