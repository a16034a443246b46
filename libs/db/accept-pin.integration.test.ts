import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pinRequested } from '#libs/events/index.ts'
import { acceptPin, newRequestId, type PinRequest } from './accept-pin.ts'
import { eq, inArray } from './drizzle.ts'
import { type ContentState, contents, outbox, pins } from './schema.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const requestOf = (cid: string, change: Partial<PinRequest> = {}): PinRequest => ({
  requestId: newRequestId(),
  account: 'default',
  api: 'psa',
  cid,
  sentCid: cid,
  name: '',
  meta: {},
  origins: [],
  ...change,
})
const accept = (cid: string, change?: Partial<PinRequest>) => acceptPin(database.db, requestOf(cid, change))
const jobsOf = async (cid: string) => {
  const rows = await database.db.select().from(outbox)
  return rows
    .map(({ id, body }) => ({ id, ...pinRequested.decode(Buffer.from(body)).data }))
    .filter(job => job.cid === cid)
}
const pinsOf = (cid: string) => database.db.select().from(pins).where(eq(pins.cid, cid))
const setState = (cid: string, state: ContentState) =>
  database.db
    .update(contents)
    .set({
      state,
      carCid: state === 'unpinned' ? null : 'bagb',
      indexedAt: new Date(),
      attempts: 3,
      failureCode: 'stalled',
      failureMessage: 'x',
      missingCids: ['m'],
    })
    .where(eq(contents.cid, cid))

test('a pin of an unknown CID queues its content and puts one job in the outbox', { timeout }, async () => {
  const origins = ['/ip4/1.2.3.4/tcp/4001/p2p/12D3']
  const { pin, content } = await accept('new', { name: 'n', meta: { a: 'b' }, origins, sentCid: 'NEW' })
  assert.equal(content.state, 'queued')
  assert.equal(content.generation, 1)
  assert.deepEqual([pin.name, pin.meta, pin.origins, pin.sentCid], ['n', { a: 'b' }, origins, 'NEW'])
  assert.deepEqual(await jobsOf('new'), [{ id: 'new.1.requested', cid: 'new', generation: 1 }])
})

for (const state of ['queued', 'pinning', 'pinned'] as const) {
  test(`a second pin shares a content that is ${state}`, { timeout }, async () => {
    const cid = `shared-${state}`
    await accept(cid)
    await setState(cid, state)
    const { content } = await accept(cid)
    assert.equal(content.state, state)
    assert.equal(content.generation, 1)
    assert.equal((await pinsOf(cid)).length, 2)
    assert.equal((await jobsOf(cid)).length, 1)
  })
}

for (const state of ['failed', 'unpinned'] as const) {
  test(`a pin of a content that is ${state} starts a new generation with a clean record`, {
    timeout,
  }, async () => {
    const cid = `again-${state}`
    await accept(cid)
    await setState(cid, state)
    const { content } = await accept(cid)
    assert.equal(content.state, 'queued')
    assert.equal(content.generation, 2)
    assert.equal(content.attempts, 0)
    assert.equal(content.indexedAt, null)
    assert.deepEqual([content.failureCode, content.failureMessage, content.missingCids], [null, null, null])
    assert.deepEqual(
      (await jobsOf(cid)).map(({ id }) => id),
      [`${cid}.1.requested`, `${cid}.2.requested`],
    )
  })
}

test('a cluster pin overwrites the earlier one of its account and keeps its request id', {
  timeout,
}, async () => {
  const first = await accept('over', { api: 'cluster', name: 'one', meta: { a: '1' }, sentCid: 'v0' })
  const second = await accept('over', { api: 'cluster', name: 'two', sentCid: 'v1' })
  const other = await accept('over', { api: 'cluster', account: 'other', name: 'three' })
  assert.equal(second.pin.requestId, first.pin.requestId)
  assert.deepEqual([second.pin.name, second.pin.meta, second.pin.sentCid], ['two', {}, 'v1'])
  assert.notEqual(other.pin.requestId, first.pin.requestId)
  const names = (await pinsOf('over')).map(({ name }) => name)
  assert.deepEqual(new Set(names), new Set(['two', 'three']))
})

test('a cluster pin and a PSA pin of one account stand side by side', { timeout }, async () => {
  await accept('beside', { api: 'cluster' })
  await accept('beside', { api: 'psa' })
  await accept('beside', { api: 'psa' })
  assert.deepEqual((await pinsOf('beside')).map(({ api }) => api).toSorted(), ['cluster', 'psa', 'psa'])
})

test('repeating a request id answers with the first pin and changes nothing', { timeout }, async () => {
  const request = requestOf('repeat', { api: 'nats', name: 'first' })
  const first = await acceptPin(database.db, request)
  const second = await acceptPin(database.db, { ...request, name: 'second' })
  assert.deepEqual(second, first)
  assert.equal((await pinsOf('repeat')).length, 1)
  assert.equal((await jobsOf('repeat')).length, 1)
})

test('a producer that repeats its request after the failure does not start it again', {
  timeout,
}, async () => {
  const request = requestOf('late-repeat', { api: 'nats' })
  await acceptPin(database.db, request)
  await setState('late-repeat', 'failed')
  const { content } = await acceptPin(database.db, request)
  assert.deepEqual([content.state, content.generation], ['failed', 1])
  assert.equal((await jobsOf('late-repeat')).length, 1)
})

test('a repeated idempotency key answers with the first pin, whatever CID comes with it', {
  timeout,
}, async () => {
  const first = await accept('keyed', { idempotencyKey: 'k' })
  assert.deepEqual(await accept('keyed', { idempotencyKey: 'k', name: 'again' }), first)
  assert.deepEqual(await accept('keyed-other', { idempotencyKey: 'k' }), first)
  const other = await accept('keyed-other', { idempotencyKey: 'k', account: 'other' })
  assert.equal(other.pin.cid, 'keyed-other')
})

for (const [what, change] of [
  ['idempotency key', { idempotencyKey: 'race' }],
  ["producer's request id", { api: 'nats', requestId: 'race' }],
] satisfies [string, Partial<PinRequest>][])
  test(`of requests at once with one ${what} and different CIDs one is kept, and only its content`, {
    timeout,
  }, async () => {
    const cids = Array.from({ length: 8 }, (_, i) => `race-${what}-${i}`)
    const accepted = await Promise.all(cids.map(cid => accept(cid, change)))
    const kept = accepted[0]?.pin
    assert.ok(kept)
    for (const { pin } of accepted) assert.deepEqual(pin, kept)
    const { db } = database
    const wanted = await db.select({ cid: contents.cid }).from(contents).where(inArray(contents.cid, cids))
    assert.deepEqual(wanted, [{ cid: kept.cid }])
    const jobs = await Promise.all(cids.map(jobsOf))
    assert.deepEqual(
      jobs.flat().map(({ cid }) => cid),
      [kept.cid],
    )
  })

test('a request that cannot be stored leaves neither content nor job behind', { timeout }, async () => {
  // A text of Postgres holds no NUL: the pin is refused after content and job were written.
  await assert.rejects(accept('torn', { name: '\0' }))
  assert.equal((await database.db.select().from(contents).where(eq(contents.cid, 'torn'))).length, 0)
  assert.deepEqual(await jobsOf('torn'), [])
})

test('fifty pins of one CID at once give one content and one job', { timeout }, async () => {
  const accepted = await Promise.all(Array.from({ length: 50 }, () => accept('busy')))
  assert.deepEqual(new Set(accepted.map(({ content }) => content.generation)), new Set([1]))
  assert.equal((await pinsOf('busy')).length, 50)
  assert.equal((await jobsOf('busy')).length, 1)
})

test('fifty pins of a failed CID at once start one new generation', { timeout }, async () => {
  await accept('busy-again')
  await setState('busy-again', 'failed')
  const accepted = await Promise.all(
    Array.from({ length: 50 }, () => accept('busy-again', { api: 'cluster' })),
  )
  assert.deepEqual(new Set(accepted.map(({ content }) => content.generation)), new Set([2]))
  assert.equal((await jobsOf('busy-again')).length, 2)
})
