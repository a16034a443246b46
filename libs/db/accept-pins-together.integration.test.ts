import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pinRequested } from '#libs/events/index.ts'
import type { PinRequest } from './accept-pin.ts'
import { createAcceptPin } from './accept-pins-together.ts'
import { eq, like } from './drizzle.ts'
import { contents, outbox, pins } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
let accept: (cid: string, change?: Partial<PinRequest>) => ReturnType<ReturnType<typeof createAcceptPin>>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
  const acceptPin = createAcceptPin(database.db)
  accept = (cid, change) => acceptPin(stored.request(cid, change))
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const cidsOf = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
const eventsOf = async (cid: string) => (await stored.eventsOf(cid)).map(({ id }) => id)

/** The answer repeats what is stored: with pin, content and one job. */
async function assertStored({ pin, content }: Awaited<ReturnType<typeof accept>>): Promise<void> {
  assert.deepEqual(await stored.pinsOf(pin.cid), [pin])
  assert.deepEqual(await stored.content(pin.cid), content)
  assert.deepEqual(await eventsOf(pin.cid), [`${pin.cid}.1.requested`])
}

test('many new CIDs at once are all stored, each as it was asked for, with one job', {
  timeout,
}, async () => {
  const cids = cidsOf('many', 120)
  const accepted = await Promise.all(cids.map((cid, i) => accept(cid, { name: `name ${i}` })))
  assert.deepEqual(
    accepted.map(({ pin }) => [pin.cid, pin.name]),
    cids.map((cid, i) => [cid, `name ${i}`]),
  )
  for (const one of accepted) await assertStored(one)
})

test('every option of a pin is stored and answered as the general way does it', { timeout }, async () => {
  const options = {
    mode: 'direct',
    replicationMin: 1,
    replicationMax: 2,
    shardSize: 3,
    pinUpdate: 'other',
  } as const
  const change = {
    account: 'rich',
    sentCid: 'Sent',
    name: 'quote " backslash \\ newline \n é 🙂',
    meta: { b: '{"x":1}', a: ', "' },
    origins: ['/dns4/a,b/tcp/1', '"', '{}'],
    options,
    expiresAt: new Date('2030-01-02T03:04:05.678Z'),
  }
  const [plain, rich] = await Promise.all([accept('option-plain'), accept('option-rich', change)])
  await assertStored(plain)
  await assertStored(rich)
  assert.deepEqual(
    [rich.pin.name, rich.pin.meta, rich.pin.origins, rich.pin.options, rich.pin.expiresAt],
    [change.name, change.meta, change.origins, options, change.expiresAt],
  )
  const [row] = await database.db.select().from(outbox).where(eq(outbox.id, 'option-rich.1.requested'))
  assert.ok(row)
  const event = pinRequested.decode(Buffer.from(row.body))
  assert.deepEqual(
    [row.subject, event.id, event.data],
    ['pin.requested', row.id, { cid: 'option-rich', generation: 1 }],
  )
})

test('a request that cannot be stored fails alone', { timeout }, async () => {
  const change = (cid: string) => (cid === 'alone-3' ? { name: '\0' } : {})
  const outcomes = await Promise.allSettled(cidsOf('alone', 8).map(cid => accept(cid, change(cid))))
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    cidsOf('alone', 8).map(cid => (cid === 'alone-3' ? 'rejected' : 'fulfilled')),
  )
  const { db } = database
  assert.equal((await db.select().from(contents).where(like(contents.cid, 'alone-%'))).length, 7)
  assert.equal((await db.select().from(outbox).where(like(outbox.id, 'alone-%'))).length, 7)
})

test('contents that are known already are shared, or started again, beside new ones', {
  timeout,
}, async () => {
  await accept('known-pinned')
  await stored.setState('known-pinned', 'pinned')
  await accept('known-failed')
  await stored.setState('known-failed', 'failed')
  const accepted = await Promise.all(
    ['known-pinned', 'known-new', 'known-failed'].map(cid => accept(cid, { account: 'second' })),
  )
  assert.deepEqual(
    accepted.map(({ pin, content }) => [pin.account, content.cid, content.state, content.generation]),
    [
      ['second', 'known-pinned', 'pinned', 1],
      ['second', 'known-new', 'queued', 1],
      ['second', 'known-failed', 'queued', 2],
    ],
  )
})

test('one new CID many times at once is one pin with one job', { timeout }, async () => {
  const accepted = await Promise.all(Array.from({ length: 50 }, () => accept('busy')))
  assert.equal(new Set(accepted.map(({ pin }) => pin.requestId)).size, 1)
  assert.equal((await stored.pinsOf('busy')).length, 1)
  assert.deepEqual(await eventsOf('busy'), ['busy.1.requested'])
})

test('processes that accept the same new CIDs at once neither lose one nor hinder each other', {
  timeout,
}, async () => {
  const processes = Array.from({ length: 4 }, () => createAcceptPin(database.db))
  const cids = cidsOf('same', 60)
  await Promise.all(
    processes.flatMap((acceptPin, i) =>
      // Each in an order of its own.
      [...cids.slice(i * 15), ...cids.slice(0, i * 15)].map(cid =>
        acceptPin(stored.request(cid, { account: `process-${i}` })),
      ),
    ),
  )
  const { db } = database
  assert.equal((await db.select().from(pins).where(like(pins.cid, 'same-%'))).length, 4 * 60)
  assert.equal((await db.select().from(contents).where(like(contents.cid, 'same-%'))).length, 60)
  assert.equal((await db.select().from(outbox).where(like(outbox.id, 'same-%'))).length, 60)
})

test('a pin of the Pinning Service API is accepted by itself', { timeout }, async () => {
  const [one, two] = await Promise.all([accept('psa', { api: 'psa' }), accept('psa', { api: 'psa' })])
  assert.notEqual(one.pin.requestId, two.pin.requestId)
  assert.deepEqual([one.pin.api, one.content.state], ['psa', 'queued'])
})
