import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransientError } from '#libs/errors/index.ts'
import { transferPinName } from '#libs/ipfs/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { startTransferPin } from './transfer-pin.ts'

const timeout = 5_000
const log = createLogger('test', 'silent')
type Source = Parameters<typeof startTransferPin>[0]['source']

/** A node with a pin by this name, or none, whose calls note themselves; `changes` replaces what the test is about. */
function setUp(changes: Partial<Source> = {}, pinned?: string) {
  const calls: string[] = []
  const node = { pinned }
  const pinning = Promise.withResolvers<void>()
  const source: Source = {
    findPin: async cid => (node.pinned === undefined ? undefined : { cid, name: node.pinned }),
    pinAhead: (_cid, { name, signal }) => {
      calls.push(`pin as ${name}`)
      node.pinned = name
      pinning.resolve()
      const { promise, reject } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => reject(signal.reason))
      return promise
    },
    unpin: async () => void calls.push('unpin'),
    ...changes,
  }
  const start = (attempt: number, { signal = AbortSignal.timeout(timeout), wasLocal = true } = {}) =>
    startTransferPin(
      { source, timeoutMs: 1_000, log },
      { cid: 'cid', attempt, wasLocal, signal, limited: signal, onProgress: () => undefined },
    )
  return { calls, node, pinning: pinning.promise, start }
}

test('a transfer that is over in a moment asks the node for nothing', { timeout }, async () => {
  const { calls, start } = setUp({ findPin: () => Promise.reject(new Error('asked')) })
  {
    await using _pin = await start(1)
  }
  assert.deepEqual(calls, [])
})

test('a DAG that has to be fetched is pinned at once, however short', { timeout }, async () => {
  const { calls, start } = setUp()
  {
    await using _pin = await start(1, { wasLocal: false })
    await new Promise(setImmediate)
  }
  assert.deepEqual(calls, [`pin as ${transferPinName('cid')}`, 'unpin'])
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

test('a DAG that somebody else has pinned is not pinned again: that would take their pin away', {
  timeout,
}, async () => {
  for (const attempt of [1, 2]) {
    const asked = Promise.withResolvers<void>()
    const findPin = async () => {
      asked.resolve()
      return { cid: 'cid', name: 'mine' }
    }
    const { calls, start } = setUp({ findPin })
    {
      await using _pin = await start(attempt)
      await asked.promise
    }
    assert.deepEqual(calls, [])
  }
})

test('a pin that somebody makes meanwhile stays', { timeout }, async () => {
  const { calls, node, pinning, start } = setUp()
  {
    await using _pin = await start(1)
    await pinning
    node.pinned = 'theirs'
  }
  assert.deepEqual(calls, [`pin as ${transferPinName('cid')}`])
})

test('a node that cannot say what it has is asked again', { timeout }, async () => {
  let asked = 0
  const findPin = async () => {
    if (asked++ === 0) throw new TransientError('source-unavailable', 'no answer')
    return undefined
  }
  const { calls, pinning, start } = setUp({ findPin })
  {
    await using _pin = await start(1)
    await pinning
  }
  assert.deepEqual(calls, [`pin as ${transferPinName('cid')}`])
})

test('what an earlier attempt has left is removed, however short the later one', { timeout }, async () => {
  const { calls, start } = setUp({}, transferPinName('cid'))
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
  const { calls, start } = setUp({ pinAhead: () => Promise.reject(missing) }, transferPinName('cid'))
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
  const pin = await start(1, { signal: cancelled.signal })
  const reason = new Error('nobody wants it any more')
  cancelled.abort(reason)
  await pin[Symbol.asyncDispose]()
  assert.deepEqual(calls, [])
})
