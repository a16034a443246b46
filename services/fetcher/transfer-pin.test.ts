import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransientError } from '#libs/errors/index.ts'
import { transferPinName } from '#libs/ipfs/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { startTransferPin } from './transfer-pin.ts'

const timeout = 5_000
const log = createLogger('test', 'silent')
type Source = Parameters<typeof startTransferPin>[0]['source']

/** A node whose calls note themselves; `changes` replaces what the test is about. */
function setUp(changes: Partial<Source> = {}) {
  const calls: string[] = []
  const pinning = Promise.withResolvers<void>()
  const source: Source = {
    findPin: async () => undefined,
    pinAhead: (_cid, { name, signal }) => {
      calls.push(`pin as ${name}`)
      pinning.resolve()
      const { promise, reject } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => reject(signal.reason))
      return promise
    },
    unpin: async () => void calls.push('unpin'),
    ...changes,
  }
  const start = (attempt: number, signal = AbortSignal.timeout(timeout)) =>
    startTransferPin(
      { source, timeoutMs: 1_000, log },
      { cid: 'cid', attempt, signal, onProgress: () => undefined },
    )
  return { calls, pinning: pinning.promise, start }
}
const named = (name: string) => ({ findPin: async () => ({ cid: 'cid', name }) })

test('a transfer that is over in a moment asks the node for nothing', { timeout }, async () => {
  const { calls, start } = setUp({ findPin: () => Promise.reject(new Error('asked')) })
  {
    await using _pin = await start(1)
  }
  assert.deepEqual(calls, [])
})

test('a longer one is pinned, and the pin ended and removed with it', { timeout }, async () => {
  const { calls, pinning, start } = setUp()
  {
    await using pin = await start(1)
    await pinning
    assert.equal(pin.failure, undefined)
  }
  assert.deepEqual(calls, [`pin as ${transferPinName('cid')}`, 'unpin'])
})

test('a pin that somebody else has made stays, by its name', { timeout }, async () => {
  const { calls, pinning, start } = setUp(named('mine'))
  {
    await using _pin = await start(1)
    await pinning
  }
  assert.deepEqual(calls, ['pin as mine'])
})

test('what an earlier attempt has left is removed, however short the later one', { timeout }, async () => {
  const { calls, start } = setUp(named(transferPinName('cid')))
  {
    await using _pin = await start(2)
  }
  assert.deepEqual(calls, [`pin as ${transferPinName('cid')}`, 'unpin'])
})

test('a later attempt does not begin on a node that cannot say what it has', { timeout }, async () => {
  const away = new TransientError('source-unavailable', 'no answer')
  const { start } = setUp({ findPin: () => Promise.reject(away) })
  await assert.rejects(start(2), away)
})

test('a pin that fails says why, and what it may have left is removed', { timeout }, async () => {
  const missing = new TransientError('dag-incomplete', 'nobody has it')
  const { calls, start } = setUp({ pinAhead: () => Promise.reject(missing) })
  {
    await using pin = await start(2)
    await Promise.resolve()
    assert.equal(pin.failure, missing)
  }
  assert.deepEqual(calls, ['unpin'])
})

test('a pin that cannot be removed ends the transfer all the same', { timeout }, async () => {
  const { pinning, start } = setUp({ unpin: () => Promise.reject(new Error('no answer')) })
  const pin = await start(1)
  await pinning
  await pin[Symbol.asyncDispose]()
})

test('a job that is taken away before the pin begins leaves none', { timeout }, async () => {
  const { calls, start } = setUp()
  const cancelled = new AbortController()
  const pin = await start(1, cancelled.signal)
  const reason = new Error('nobody wants it any more')
  cancelled.abort(reason)
  await pin[Symbol.asyncDispose]()
  assert.deepEqual(calls, [])
  assert.ok(pin.failure instanceof Error)
})
