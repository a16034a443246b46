import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { createReadyToPull, rememberAnswer } from './ready-to-pull.ts'

const timeout = 5_000
const log = createLogger('test', 'silent')

test('an answer is remembered for its time, and those who ask meanwhile share it', { timeout }, t => {
  let asked = 0
  t.mock.method(performance, 'now', () => now)
  let now = 1_000
  const ask = rememberAnswer(async () => ++asked > 1, 3_000)
  assert.equal(ask(), ask())
  now = 3_999
  assert.equal(ask(), ask())
  assert.equal(asked, 1)
  now = 4_000
  assert.equal(ask(), ask())
  assert.equal(asked, 2)
})

test('while the node does not answer nothing may be pulled, and nothing is removed', {
  timeout,
}, async () => {
  let cleanings = 0
  let ready = false
  const removeStalePins = async () => ++cleanings
  const mayPull = createReadyToPull({ isReady: async () => ready, removeStalePins, log })
  assert.equal(await mayPull(), false)
  assert.equal(cleanings, 0)
  ready = true
  assert.deepEqual(await Promise.all([mayPull(), mayPull(), mayPull()]), [true, true, true])
  assert.equal(cleanings, 1)
})

test('nothing may be pulled before the stale pins are gone', { timeout }, async () => {
  const removed = Promise.withResolvers<number>()
  const mayPull = createReadyToPull({
    isReady: async () => true,
    removeStalePins: () => removed.promise,
    log,
  })
  let answered = false
  const answer = mayPull().then(may => {
    answered = true
    return may
  })
  await new Promise(setImmediate)
  assert.equal(answered, false)
  removed.resolve(3)
  assert.equal(await answer, true)
})

test('pins that cannot be removed do not keep the fetcher from its work', { timeout }, async () => {
  const removeStalePins = () => Promise.reject(new Error('Postgres is away'))
  const mayPull = createReadyToPull({ isReady: async () => true, removeStalePins, log })
  assert.equal(await mayPull(), true)
})
