import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { pinRequested } from '#libs/events/index.ts'
import { addToOutbox, claimOutbox, dropFromOutbox, type OutboxRow, postponeInOutbox } from './outbox.ts'
import { startOutboxRelay } from './outbox-relay.ts'
import { outbox } from './schema.ts'
import { createTestDatabase, silent, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
afterEach(async () => {
  await database.db.delete(outbox)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const minuteMs = 60_000
const add = (id: string, tx: Parameters<typeof addToOutbox>[0] = database.db) =>
  addToOutbox(tx, pinRequested, id, { cid: id, generation: 1 })
const claim = (relay: string, { limit = 100, claimMs = minuteMs } = {}) =>
  claimOutbox(database.db, relay, limit, claimMs)
const idsOf = (rows: OutboxRow[]) => rows.map(({ id }) => id).toSorted()
const left = async () => (await database.db.select({ id: outbox.id }).from(outbox)).map(({ id }) => id)
const poll = { what: 'the outbox', timeoutMs: 10_000, intervalMs: 10 }
const expectEmpty = async () => assert.deepEqual(await left(), [])

/** A relay whose publishes are recorded; those that `fails` names reject. */
function startRelay({ pollMs = 20, fails = (_row: OutboxRow): boolean => false } = {}) {
  const published: { id: string; atMs: number }[] = []
  const publish = async (row: OutboxRow) => {
    published.push({ id: row.id, atMs: performance.now() })
    if (fails(row)) throw new Error('NATS does not answer')
  }
  const relay = startOutboxRelay({ db: database.db, publish, pollMs, log: silent })
  return Object.assign(relay, { published })
}

test('relays that claim at the same time never get the same row', { timeout }, async () => {
  const ids = Array.from({ length: 60 }, (_, i) => `row-${i}`)
  await Promise.all(ids.map(id => add(id)))
  const claims = await Promise.all(Array.from({ length: 12 }, (_, i) => claim(`relay-${i}`, { limit: 7 })))
  const claimed = claims.flatMap(idsOf)
  assert.equal(new Set(claimed).size, claimed.length)
  // Rows that another claim was looking at are passed over, not waited for; the next claim finds them.
  const rest = await claim('last')
  assert.deepEqual([...claimed, ...idsOf(rest)].toSorted(), ids.toSorted())
})

test('a row holds the encoded event under its own id', { timeout }, async () => {
  await add('encoded')
  const [row] = await claim('relay')
  assert.ok(row)
  const event = pinRequested.decode(Buffer.from(row.body))
  assert.deepEqual([row.subject, event.id, event.data.cid], ['pin.requested', 'encoded', 'encoded'])
})

test('rows of a relay that died come back when its claim has run out', { timeout }, async () => {
  await add('orphan')
  assert.deepEqual(idsOf(await claim('dead', { claimMs: 200 })), ['orphan'])
  assert.deepEqual(await claim('heir'), [])
  const probe = async () => assert.deepEqual(idsOf(await claim('heir')), ['orphan'])
  await pollUntil(probe, poll)
})

test('a relay that lost its claim neither drops nor postpones the row', { timeout }, async () => {
  await add('taken')
  await claim('slow', { claimMs: 1 })
  await pollUntil(async () => assert.equal((await claim('heir')).length, 1), poll)
  await dropFromOutbox(database.db, 'slow', ['taken'])
  await postponeInOutbox(database.db, 'slow', 'taken', 0)
  const [row] = await database.db.select().from(outbox)
  assert.deepEqual([row?.claimedBy, row?.failures], ['heir', 0])
})

test('a row whose transaction commits after later ones is not skipped', { timeout }, async () => {
  const written = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const late = database.db.transaction(async tx => {
    await add('late', tx)
    written.resolve()
    await mayCommit.promise
  })
  await written.promise
  await add('early')
  assert.deepEqual(idsOf(await claim('relay')), ['early'])
  await dropFromOutbox(database.db, 'relay', ['early'])
  mayCommit.resolve()
  await late
  assert.deepEqual(idsOf(await claim('relay')), ['late'])
})

test('a row of a transaction that rolls back is never published', { timeout }, async () => {
  const undone = database.db.transaction(async tx => {
    await add('undone', tx)
    throw new Error('roll back')
  })
  await assert.rejects(undone, /roll back/)
  assert.deepEqual(await left(), [])
})

test('a relay publishes what was there before it started and drops it', { timeout }, async () => {
  await Promise.all(Array.from({ length: 250 }, (_, i) => add(`old-${i}`)))
  await using relay = startRelay({ pollMs: minuteMs })
  await pollUntil(expectEmpty, poll)
  assert.equal(new Set(relay.published.map(({ id }) => id)).size, 250)
})

test('a woken relay publishes at once, however long it would wait by itself', { timeout }, async () => {
  await using relay = startRelay({ pollMs: minuteMs })
  for (const id of ['one', 'two', 'three']) {
    await add(id)
    relay.wake()
    await pollUntil(expectEmpty, poll)
  }
  assert.deepEqual(
    relay.published.map(({ id }) => id),
    ['one', 'two', 'three'],
  )
})

test('a publish that fails is repeated later under the same id, and others do not wait for it', {
  timeout,
}, async () => {
  await using relay = startRelay({ fails: ({ id, failures }) => id === 'stubborn' && failures < 2 })
  await Promise.all([add('stubborn'), add('other')])
  await pollUntil(async () => assert.deepEqual(await left(), ['stubborn']), poll)
  await pollUntil(expectEmpty, poll)
  const [first = 0, second = 0, third = 0] = relay.published
    .filter(({ id }) => id === 'stubborn')
    .map(({ atMs }) => atMs)
  assert.equal(relay.published.length, 4)
  assert.ok(second - first >= 450, `first delay ${second - first} ms`)
  assert.ok(third - second >= 900, `second delay ${third - second} ms`)
})

test('a row that was published but not dropped goes out again under the same id', { timeout }, async () => {
  await add('twice')
  // What a process leaves that is killed between the answer of NATS and the delete.
  const [row] = await claim('killed', { claimMs: 100 })
  await using relay = startRelay()
  await pollUntil(expectEmpty, poll)
  assert.deepEqual(
    relay.published.map(({ id }) => id),
    [row?.id],
  )
})

test('two relays together publish each row once', { timeout }, async () => {
  await using one = startRelay()
  await using two = startRelay()
  const ids = Array.from({ length: 120 }, (_, i) => `shared-${i}`)
  await Promise.all(ids.map(id => add(id)))
  await pollUntil(expectEmpty, poll)
  const published = [...one.published, ...two.published].map(({ id }) => id)
  assert.deepEqual(published.toSorted(), ids.toSorted())
})

test('disposing a relay waits for the publish that is under way', { timeout }, async () => {
  await add('last')
  const started = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const publish = async () => {
    started.resolve()
    await answer.promise
  }
  const relay = startOutboxRelay({ db: database.db, publish, pollMs: minuteMs, log: silent })
  await started.promise
  const disposed = relay[Symbol.asyncDispose]()
  answer.resolve()
  await disposed
  assert.deepEqual(await left(), [])
})
