import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { createReadyToPull } from './ready-to-pull.ts'

const timeout = 5_000

/** Of a node that answers and has space, with few jobs; `changes` are what the test is about. */
const readyToPull = (changes: Partial<Parameters<typeof createReadyToPull>[0]>) =>
  createReadyToPull({
    isReady: async () => true,
    isFull: () => false,
    slots: { isCrowded: () => false, accounts: () => [] },
    otherAccountsQueue: () => assert.fail('asked without need'),
    removeStale: async () => ({ pins: 0, peerings: 0 }),
    log: createLogger('test', 'silent'),
    ...changes,
  })

test('while the node does not answer nothing may be pulled, and nothing is removed', {
  timeout,
}, async () => {
  let cleanings = 0
  let ready = false
  const removeStale = async () => ({ pins: ++cleanings, peerings: 0 })
  const mayPull = readyToPull({ isReady: async () => ready, removeStale })
  assert.equal(await mayPull(), false)
  assert.equal(cleanings, 0)
  ready = true
  assert.deepEqual(await Promise.all([mayPull(), mayPull(), mayPull()]), [true, true, true])
  assert.equal(cleanings, 1)
})

test('nothing may be pulled before what was left is gone', { timeout }, async () => {
  const removed = Promise.withResolvers<{ pins: number; peerings: number }>()
  const mayPull = readyToPull({ removeStale: () => removed.promise })
  let answered = false
  const answer = mayPull().then(may => {
    answered = true
    return may
  })
  await new Promise(setImmediate)
  assert.equal(answered, false)
  removed.resolve({ pins: 3, peerings: 1 })
  assert.equal(await answer, true)
})

test('what cannot be removed does not keep the fetcher from its work', { timeout }, async () => {
  const removeStale = () => Promise.reject(new Error('Postgres is away'))
  const mayPull = readyToPull({ removeStale })
  assert.equal(await mayPull(), true)
})

test('what is left later is removed within a minute, and nobody waits for it', { timeout }, async t => {
  let now = 1_000
  t.mock.method(performance, 'now', () => now)
  let cleanings = 0
  const removeStale = () => {
    cleanings++
    return cleanings === 1 ? Promise.resolve({ pins: 0, peerings: 0 }) : new Promise<never>(() => {})
  }
  const mayPull = readyToPull({ removeStale })
  assert.equal(await mayPull(), true)
  now += 59_999
  assert.equal(await mayPull(), true)
  assert.equal(cleanings, 1)
  now += 1
  assert.equal(await mayPull(), true)
  assert.equal(cleanings, 2)
})

test('a node that is full gets no more jobs, and gets them when it has room', { timeout }, async () => {
  let full = true
  const mayPull = readyToPull({ isFull: () => full })
  assert.equal(await mayPull(), false)
  full = false
  assert.equal(await mayPull(), true)
})

test('while a crowd waits, jobs are taken when an account that is not in it has some, else only now and then', {
  timeout,
}, async t => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  let waitingElsewhere: string[] = ['a']
  const mayPull = readyToPull({
    slots: { isCrowded: () => true, accounts: () => ['a', 'b'] },
    otherAccountsQueue: async here => waitingElsewhere.some(account => !here.includes(account)),
  })
  assert.equal(await mayPull(), true)
  assert.equal(await mayPull(), false)
  waitingElsewhere = ['a', 'c']
  assert.equal(await mayPull(), false)
  now = 500
  assert.equal(await mayPull(), true)
  waitingElsewhere = ['b']
  now = 999
  assert.equal(await mayPull(), true)
  now = 1_000
  assert.deepEqual([await mayPull(), await mayPull()], [true, false])
})
