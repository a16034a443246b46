import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { leasesOf } from './leases.ts'
import { setbacksOf } from './setbacks.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

const timeout = 20_000
const failure = { code: 'stalled', message: 'nothing came', missingCids: [] } as const

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

async function claim(cid: string, generation = 1) {
  const leases = leasesOf(database.db, { owner: 'w', leaseMs: 60_000 })
  const claimed = await leases.claim({ cid, generation, step: 'fetch' })
  assert.ok(claimed.kind === 'leased')
  return { leases, lease: claimed.lease }
}

test('a content without a failure has no setback, whether somebody works on it or not', {
  timeout,
}, async () => {
  const { accept } = storedPins(database.db)
  await accept('fresh')
  await accept('running')
  await claim('running')
  assert.deepEqual(await setbacksOf(database.db, ['fresh', 'running', 'unknown']), new Map())
  assert.deepEqual(await setbacksOf(database.db, []), new Map())
})

test('a failure is told while the next attempt is waited for, and while it runs', { timeout }, async () => {
  await storedPins(database.db).accept('again')
  const first = await claim('again')
  await first.leases.fail(first.lease, failure)
  const setback = { attempts: 1, lastError: 'stalled: nothing came', isWaiting: true }
  assert.deepEqual(await setbacksOf(database.db, ['again']), new Map([['again', setback]]))
  const second = await claim('again')
  const running = { ...setback, attempts: 2, isWaiting: false }
  assert.deepEqual(await setbacksOf(database.db, ['again']), new Map([['again', running]]))
  await second.leases.complete(second.lease, {})
  assert.deepEqual(await setbacksOf(database.db, ['again']), new Map())
})

test('an attempt that an outage ended is told, too', { timeout }, async () => {
  await storedPins(database.db).accept('cut-off')
  const { leases, lease } = await claim('cut-off')
  await leases.fail(lease, { ...failure, code: 'storage-unavailable' })
  const setback = { attempts: 1, lastError: 'storage-unavailable: nothing came', isWaiting: true }
  assert.deepEqual(await setbacksOf(database.db, ['cut-off']), new Map([['cut-off', setback]]))
})

test('failures of an older generation, and of a content that is final, are no setbacks', {
  timeout,
}, async () => {
  const { accept, setState } = storedPins(database.db)
  await accept('renewed')
  const { leases, lease } = await claim('renewed')
  await leases.fail(lease, failure)
  await setState('renewed', 'failed')
  assert.deepEqual(await setbacksOf(database.db, ['renewed']), new Map())
  await accept('renewed')
  assert.deepEqual(await setbacksOf(database.db, ['renewed']), new Map())
  await claim('renewed', 2)
  assert.deepEqual(await setbacksOf(database.db, ['renewed']), new Map())
})
