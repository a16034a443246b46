import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TransientError } from '#libs/errors/index.ts'
import { createLocateRoot } from './locate-root.ts'

const timeout = 5_000
const never = new AbortController().signal

/** A node that finds `root` after some time, and says which are looked for now; clocks are the test's own. */
function setUp(t: TestContext, { foundAfterMs, longLooks }: { foundAfterMs: number; longLooks: number }) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sought = new Set<string>()
  const locateRoot = createLocateRoot({
    timeoutMs: 30_000,
    firstTimeoutMs: 3_000,
    longLooks,
    locate: (cid, { timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        sought.add(cid)
        const end = (settle: () => void) => () => {
          if (sought.delete(cid)) settle()
        }
        setTimeout(end(resolve), foundAfterMs)
        setTimeout(
          end(() => reject(new TransientError('not-found', 'nobody has it'))),
          timeoutMs,
        )
        signal.addEventListener(
          'abort',
          end(() => reject(signal.reason)),
        )
      }),
  })
  return { sought, locateRoot, tick: (ms: number) => t.mock.timers.tick(ms) }
}

test('what is slow to find is found, also after the first look', { timeout }, async t => {
  const { locateRoot, tick } = setUp(t, { foundAfterMs: 29_000, longLooks: 1 })
  const looking = locateRoot('slow', never)
  tick(29_000)
  await looking
})

test('what nobody has fails after the whole time, as not-found', { timeout }, async t => {
  const { locateRoot, tick } = setUp(t, { foundAfterMs: 90_000, longLooks: 1 })
  const looking = locateRoot('dead', never)
  tick(30_000)
  await assert.rejects(looking, { code: 'not-found' })
})

test('only some look for long: the others are put off, and look for long when it is their turn', {
  timeout,
}, async t => {
  const { sought, locateRoot, tick } = setUp(t, { foundAfterMs: 90_000, longLooks: 1 })
  const first = locateRoot('first', never)
  const second = locateRoot('second', never)
  tick(2_999)
  assert.deepEqual([...sought], ['first', 'second'])
  tick(1)
  await assert.rejects(second, { name: 'PostponedError' })
  assert.deepEqual([...sought], ['first'])
  tick(27_000)
  await assert.rejects(first, { code: 'not-found' })
  const again = locateRoot('second', never)
  tick(30_000)
  await assert.rejects(again, { code: 'not-found' })
})

test('a job that is cancelled during its long look leaves it to others', { timeout }, async t => {
  const { locateRoot, tick } = setUp(t, { foundAfterMs: 20_000, longLooks: 1 })
  const cancelling = new AbortController()
  const cancelled = locateRoot('cancelled', cancelling.signal)
  tick(4_000)
  cancelling.abort(new Error('nobody wants it'))
  await assert.rejects(cancelled, /nobody wants it/)
  const next = locateRoot('next', never)
  tick(20_000)
  await next
})
