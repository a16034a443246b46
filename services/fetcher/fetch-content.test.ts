import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PostponedError } from '#libs/bus/index.ts'
import { TransientError } from '#libs/errors/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { createFetchContent } from './fetch-content.ts'
import { createTransferSlots } from './transfer-slots.ts'

const timeout = 5_000
type Deps = Parameters<typeof createFetchContent>[0]
const report = { root: 'cid', carCid: 'bag', sizeBytes: 100, blocks: 3, dagBytes: 80, rawBytes: 70 }
const log = createLogger('test', 'silent')

/** A fetcher whose steps note themselves in `steps`; `changes` replaces what the test is about. */
function setUp(changes: Partial<Deps> = {}) {
  const steps: string[] = []
  const deps: Deps = {
    publish: async (event, id, data) => {
      event.encode(id, data)
      steps.push(`publish ${id}`)
    },
    wantedBy: async () => ({
      origins: ['/from/pins', '/shared'],
      accounts: ['one', 'another'],
      queuedForMs: 5,
    }),
    source: {
      connectOrigins: async addresses => {
        steps.push(`connect ${addresses.join(' ')}`)
        const disposed = async () => void steps.push('disconnect')
        return { peerIds: ['peer'], refused: [], [Symbol.asyncDispose]: disposed }
      },
    },
    locateRoot: async cid => {
      steps.push(`locate ${cid}`)
      return { wasLocal: true }
    },
    waitForSpace: async () => void steps.push('wait for space'),
    takeTransferSlot: async accounts => {
      steps.push(`take slot for ${accounts.join(' ')}`)
      return { [Symbol.dispose]: () => void steps.push('give slot back') }
    },
    transferCar: async ({ staging, peerIds }) => {
      steps.push(`transfer to ${staging.key} from ${peerIds.join(' ')}`)
      return report
    },
    storage: {
      abortOpenUploads: async (_bucket, prefix) => {
        steps.push(`abort uploads ${prefix}`)
        return 0
      },
      async *list(_bucket, prefix) {
        yield { key: `${prefix}1.car`, sizeBytes: 1, lastModified: new Date(0) }
      },
      delete: async ({ key }) => void steps.push(`delete ${key}`),
    },
    markBusy: () => {
      steps.push('busy')
      return { [Symbol.dispose]: () => void steps.push('idle') }
    },
    startProgress: () => ({
      tell(change) {
        if (change.phase) steps.push(`tell ${change.phase}`)
      },
      [Symbol.dispose]() {},
    }),
    stagingBucket: 'staging',
    worker: 'fetcher/1',
    maxOrigins: 100,
    connectTimeoutMs: 100,
    ...changes,
  }
  const fetch = createFetchContent(deps)
  const run = ({
    epoch = 1,
    attempt = 1,
    origins = ['/shared', '/from/event'],
    signal = AbortSignal.timeout(timeout),
  } = {}) =>
    fetch(
      { cid: 'cid', generation: 2, origins },
      {
        lease: { cid: 'cid', generation: 2, step: 'fetch', epoch, attempt, unreported: 0 },
        signal,
        commit: () => {},
        log,
      },
    )
  return { steps, deps, run }
}

test('a fetch connects, locates, tells that it began, waits for a slot, and transfers', {
  timeout,
}, async () => {
  const { steps, run } = setUp()
  const { root: _root, ...facts } = report
  assert.deepEqual(await run(), { staging: { bucket: 'staging', key: 'cid/2-1.car' }, ...facts })
  assert.deepEqual(steps, [
    'connect /from/pins /shared /from/event',
    'locate cid',
    'publish cid.2.started.1',
    'tell locating',
    'tell waiting',
    'take slot for one another',
    'wait for space',
    'busy',
    'tell transferring',
    'transfer to cid/2-1.car from peer',
    'idle',
    'give slot back',
    'disconnect',
  ])
})

test('a later attempt first removes what those before it left in staging, and nothing else', {
  timeout,
}, async () => {
  const { steps, run } = setUp()
  const { staging } = await run({ epoch: 3, attempt: 2 })
  assert.deepEqual(steps.slice(2, 7), [
    'publish cid.2.started.2',
    'tell locating',
    'tell waiting',
    'abort uploads cid/2-',
    'delete cid/2-1.car',
  ])
  assert.equal(staging.key, 'cid/2-3.car')
})

test('no more origins are used than the limit, those of the pins first', { timeout }, async () => {
  const { steps, run } = setUp({ maxOrigins: 1 })
  await run()
  assert.ok(steps.includes('connect /from/pins'))
})

test('a CID that nobody provides takes no slot and leaves no connection behind', { timeout }, async () => {
  const locateRoot = () => Promise.reject(new TransientError('not-found', 'nobody has it'))
  const { steps, run } = setUp({ locateRoot })
  await assert.rejects(run(), { code: 'not-found' })
  assert.deepEqual(steps, [
    'connect /from/pins /shared /from/event',
    'disconnect',
    'publish cid.2.started.1',
    'tell locating',
  ])
})

test('a job that was postponed is not told: it was no attempt', { timeout }, async () => {
  const { steps, run } = setUp({ locateRoot: () => Promise.reject(new PostponedError('others wait')) })
  await assert.rejects(run(), { name: 'PostponedError' })
  assert.deepEqual(steps, ['connect /from/pins /shared /from/event', 'disconnect'])
})

test('a look that goes on is told once', { timeout }, async () => {
  const locateRoot: Deps['locateRoot'] = async (_cid, _signal, onLongLook) => {
    await onLongLook()
    return { wasLocal: false }
  }
  const { steps, run } = setUp({ locateRoot })
  await run()
  assert.deepEqual(steps.slice(0, 4), [
    'connect /from/pins /shared /from/event',
    'publish cid.2.started.1',
    'tell locating',
    'tell waiting',
  ])
})

test('a transfer that fails gives its slot back and disconnects', { timeout }, async () => {
  const transferCar = () => Promise.reject(new TransientError('stalled', 'nothing came'))
  const { steps, run } = setUp({ transferCar })
  await assert.rejects(run(), { code: 'stalled' })
  assert.deepEqual(steps.slice(-3), ['idle', 'give slot back', 'disconnect'])
})

test('a job that is cancelled while it waits for a slot ends with that reason and disconnects', {
  timeout,
}, async () => {
  const takeTransferSlot = createTransferSlots({ slots: 1, crowd: 1, maxWaiting: 1 })
  using _taken = await takeTransferSlot(['a'], AbortSignal.timeout(timeout))
  const cancelled = new AbortController()
  const reason = new Error('the lease was lost')
  const { steps, run } = setUp({
    takeTransferSlot: (accounts, signal) => {
      const waiting = takeTransferSlot(accounts, signal)
      cancelled.abort(reason)
      return waiting
    },
  })
  await assert.rejects(run({ signal: cancelled.signal }), reason)
  assert.equal(steps.at(-1), 'disconnect')
})

test('a job whose start cannot be told transfers nothing: it is retried', { timeout }, async () => {
  const { steps, run } = setUp({
    publish: () => Promise.reject(new TransientError('internal', 'NATS is away')),
  })
  await assert.rejects(run(), { code: 'internal' })
  assert.deepEqual(steps, ['connect /from/pins /shared /from/event', 'locate cid', 'disconnect'])
})

test('a job that is cancelled while the node is full gives its slot back', { timeout }, async () => {
  const reason = new Error('nobody wants it any more')
  const { steps, run } = setUp({ waitForSpace: () => Promise.reject(reason) })
  await assert.rejects(run(), reason)
  assert.deepEqual(steps.slice(-2), ['give slot back', 'disconnect'])
})
