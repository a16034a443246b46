import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TransientError } from '#libs/errors/index.ts'
import { createLocateRoot } from './locate-root.ts'

const timeout = 5_000
const never = new AbortController().signal
const told = async () => {}

/** A node that finds `root` after some time, and says which are looked for now; clocks are the test's own. */
function setUp(t: TestContext, { foundAfterMs, longLooks }: { foundAfterMs: number; longLooks: number }) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const looks = new Set<{ cid: string }>()
  const locateRoot = createLocateRoot({
    timeoutMs: 30_000,
    firstTimeoutMs: 3_000,
    longLooks,
    locate: (cid, { timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        const look = { cid }
        looks.add(look)
        const end = (settle: () => void) => () => {
          if (looks.delete(look)) settle()
        }
        setTimeout(
          end(() => resolve({ wasLocal: false })),
          foundAfterMs,
        )
        setTimeout(
          end(() => reject(new TransientError('timed-out', 'nobody sent it'))),
          timeoutMs,
        )
        signal.addEventListener(
          'abort',
          end(() => reject(signal.reason)),
        )
      }),
  })
  const sought = () => [...looks].map(({ cid }) => cid)
  return { sought, locateRoot, tick: (ms: number) => t.mock.timers.tick(ms) }
}

test('what is slow to find is found, also after the first look', { timeout }, async t => {
  const { locateRoot, tick } = setUp(t, { foundAfterMs: 29_000, longLooks: 1 })
  const looking = locateRoot('slow', never, told)
  tick(29_000)
  await looking
})

test('what nobody has fails after the whole time, as not-found', { timeout }, async t => {
  const { locateRoot, tick } = setUp(t, { foundAfterMs: 90_000, longLooks: 1 })
  const looking = locateRoot('dead', never, told)
  tick(30_000)
  await assert.rejects(looking, { code: 'not-found' })
})

test('only some look for long: the others are put off, and look for long when it is their turn', {
  timeout,
}, async t => {
  const { sought, locateRoot, tick } = setUp(t, { foundAfterMs: 90_000, longLooks: 1 })
  const first = locateRoot('first', never, told)
  const second = locateRoot('second', never, told)
  tick(2_999)
  assert.deepEqual(sought(), ['first', 'second'])
  tick(1)
  await assert.rejects(second, { name: 'PostponedError' })
  assert.deepEqual(sought(), ['first'])
  tick(27_000)
  await assert.rejects(first, { code: 'not-found' })
  const again = locateRoot('second', never, told)
  tick(30_000)
  await assert.rejects(again, { code: 'not-found' })
})

test('who finds a place among those that look for long only after the first look goes on', {
  timeout,
}, async t => {
  const { sought, locateRoot, tick } = setUp(t, { foundAfterMs: 29_000, longLooks: 1 })
  const leaving = new AbortController()
  const first = locateRoot('first', leaving.signal, told)
  let calls = 0
  const second = locateRoot('second', never, async () => calls++)
  leaving.abort(new Error('nobody wants it'))
  await assert.rejects(first, /nobody wants it/)
  tick(3_000)
  while (sought().length === 0) await new Promise(setImmediate)
  tick(1)
  assert.equal(calls, 1)
  tick(29_000)
  await second
  assert.deepEqual(sought(), [])
})

test('what fails before the first look is over is neither looked for again nor put off', {
  timeout,
}, async () => {
  const trouble = new TransientError('not-found', 'the node is offline')
  const looks: number[] = []
  const locateRoot = createLocateRoot({
    timeoutMs: 30_000,
    firstTimeoutMs: 3_000,
    longLooks: 0,
    async locate(_cid, { timeoutMs }) {
      looks.push(timeoutMs)
      throw trouble
    },
  })
  await assert.rejects(locateRoot('cid', never, told), error => error === trouble)
  assert.deepEqual(looks, [3_000])
})

test('a job that is cancelled during its long look leaves it to others', { timeout }, async t => {
  const { locateRoot, tick } = setUp(t, { foundAfterMs: 20_000, longLooks: 1 })
  const cancelling = new AbortController()
  const cancelled = locateRoot('cancelled', cancelling.signal, told)
  tick(4_000)
  cancelling.abort(new Error('nobody wants it'))
  await assert.rejects(cancelled, /nobody wants it/)
  const next = locateRoot('next', never, told)
  tick(20_000)
  await next
})

test('a look that goes on is told; when that fails, it ends', { timeout }, async t => {
  const { sought, locateRoot, tick } = setUp(t, { foundAfterMs: 20_000, longLooks: 1 })
  let calls = 0
  const looking = locateRoot('slow', never, () => {
    calls++
    return Promise.reject(new Error('NATS is away'))
  })
  tick(2_999)
  assert.equal(calls, 0)
  tick(1)
  await assert.rejects(looking, /NATS is away/)
  assert.equal(calls, 1)
  assert.deepEqual(sought(), [])
})
