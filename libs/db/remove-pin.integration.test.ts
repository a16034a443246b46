import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expiredPins, removeClusterPin, removeExpiredPin } from './remove-pin.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const account = 'default'
const remove = (cid: string) => removeClusterPin(database.db, { account, cid })
const eventIds = async (cid: string) => (await stored.eventsOf(cid)).map(({ id }) => id)

for (const state of ['queued', 'pinning'] as const) {
  test(`the last pin of a content that is ${state} takes the work with it`, { timeout }, async () => {
    const cid = `last-${state}`
    await stored.accept(cid, { name: 'n' })
    await stored.setState(cid, state)
    const removed = await remove(cid)
    assert.deepEqual([removed?.pin.name, removed?.content.state], ['n', 'unpinned'])
    assert.deepEqual(await stored.pinsOf(cid), [])
    assert.deepEqual(await eventIds(cid), [`${cid}.1.requested`, `${cid}.1.cancelled`])
  })
}

for (const state of ['pinned', 'failed'] as const) {
  test(`the last pin of a content that is ${state} cancels nothing`, { timeout }, async () => {
    const cid = `last-${state}`
    await stored.accept(cid)
    await stored.setState(cid, state)
    assert.equal((await remove(cid))?.content.state, 'unpinned')
    assert.deepEqual(await eventIds(cid), [`${cid}.1.requested`])
  })
}

test('a content that another pin wants goes on', { timeout }, async () => {
  await stored.accept('shared')
  await stored.accept('shared', { api: 'psa' })
  assert.equal((await remove('shared'))?.content.state, 'queued')
  assert.deepEqual(
    (await stored.pinsOf('shared')).map(({ api }) => api),
    ['psa'],
  )
  assert.deepEqual(await eventIds('shared'), ['shared.1.requested'])
})

test('what is not pinned, or is pinned by others, is not removed', { timeout }, async () => {
  await stored.accept('of-others', { account: 'other' })
  await stored.accept('of-others', { api: 'psa' })
  assert.equal(await remove('unknown'), undefined)
  assert.equal(await remove('of-others'), undefined)
  assert.equal((await stored.pinsOf('of-others')).length, 2)
})

test('a second removal finds nothing and cancels nothing again', { timeout }, async () => {
  await stored.accept('twice')
  const [first, second] = await Promise.all([remove('twice'), remove('twice')])
  assert.equal([first, second].filter(Boolean).length, 1)
  assert.deepEqual(await eventIds('twice'), ['twice.1.requested', 'twice.1.cancelled'])
})

test('a pin that is accepted while the last one goes is never left without work', { timeout }, async () => {
  for (let round = 1; round <= 20; round++) {
    const cid = `race-${round}`
    await stored.accept(cid)
    await Promise.all([remove(cid), stored.accept(cid, { api: 'psa' })])
    const content = await stored.content(cid)
    assert.equal(content?.state, 'queued')
    const events = await eventIds(cid)
    assert.ok(events.includes(`${cid}.${content?.generation}.requested`))
    assert.ok(!events.includes(`${cid}.${content?.generation}.cancelled`))
  }
})

test('only pins past their time expire, and only as long as they are', { timeout }, async () => {
  const past = new Date(Date.now() - 1000)
  const old = await stored.accept('expired', { expiresAt: past })
  await stored.accept('renewed', { expiresAt: past })
  await stored.accept('later', { expiresAt: new Date(Date.now() + 60_000) })
  await stored.accept('for-ever')
  const expired = await expiredPins(database.db, 10)
  assert.deepEqual(expired.map(({ cid }) => cid).toSorted(), ['expired', 'renewed'])

  await stored.accept('renewed', { expiresAt: new Date(Date.now() + 60_000) })
  for (const pin of expired) await removeExpiredPin(database.db, pin)
  assert.equal((await stored.content('expired'))?.state, 'unpinned')
  assert.equal((await stored.content('renewed'))?.state, 'queued')
  assert.deepEqual(await expiredPins(database.db, 10), [])
  const again = await removeExpiredPin(database.db, { requestId: old.pin.requestId, cid: 'expired' })
  assert.equal(again, undefined)
})
