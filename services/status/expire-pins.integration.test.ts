import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase, silent, type TestDatabase } from '#libs/db/testing/test-database.ts'
import { createExpirePins } from './expire-pins.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const past = () => new Date(Date.now() - 1_000)

function createPass() {
  let wakes = 0
  const pass = createExpirePins({ db: database.db, wakeOutbox: () => void wakes++, log: silent })
  return { pass, wakes: () => wakes }
}

test('a pin past its time is removed, and work on its content is cancelled', { timeout }, async () => {
  await stored.accept('due', { expiresAt: past() })
  const { pass, wakes } = createPass()
  assert.equal(await pass(), false)
  assert.deepEqual(await stored.pinsOf('due'), [])
  assert.equal((await stored.content('due'))?.state, 'unpinned')
  assert.ok((await stored.eventsOf('due')).some(({ id }) => id === 'due.1.cancelled'))
  assert.equal(wakes(), 1)
})

test('a pin whose time has not come, or that has none, stays', { timeout }, async () => {
  await stored.accept('later', { expiresAt: new Date(Date.now() + 3_600_000) })
  await stored.accept('endless')
  const { pass, wakes } = createPass()
  assert.equal(await pass(), false)
  assert.equal((await stored.pinsOf('later')).length, 1)
  assert.equal((await stored.pinsOf('endless')).length, 1)
  assert.equal(wakes(), 0)
})

test('a content that another pin wants goes on', { timeout }, async () => {
  await stored.accept('shared', { expiresAt: past() })
  await stored.accept('shared', { account: 'another' })
  const { pass } = createPass()
  await pass()
  assert.deepEqual(
    (await stored.pinsOf('shared')).map(({ account }) => account),
    ['another'],
  )
  assert.equal((await stored.content('shared'))?.state, 'queued')
  assert.equal((await stored.eventsOf('shared')).length, 1)
})

test('several processes remove many expired pins, each once', { timeout }, async () => {
  const cids = Array.from({ length: 30 }, (_, i) => `many-${i}`)
  for (const cid of cids) await stored.accept(cid, { expiresAt: past() })
  const untilDone = async () => {
    const { pass } = createPass()
    while (await pass());
  }
  await Promise.all([untilDone(), untilDone()])
  for (const cid of cids) {
    assert.deepEqual(await stored.pinsOf(cid), [])
    assert.equal((await stored.eventsOf(cid)).length, 2)
  }
})

test('a pin that cannot be removed keeps no other from being removed, and is tried again', {
  timeout,
}, async () => {
  const { db } = database
  await stored.accept('bad', { expiresAt: new Date(0) })
  await stored.accept('good', { expiresAt: past() })
  await db.execute(sql`create function refuse() returns trigger language plpgsql
    as $$ begin raise exception 'refused'; end $$`)
  await db.execute(sql`create trigger refuse before delete on pins
    for each row when (old.cid = 'bad') execute function refuse()`)
  const { pass, wakes } = createPass()
  await assert.rejects(pass(), /1 of 2 failed/)
  assert.deepEqual(await stored.pinsOf('good'), [])
  assert.equal(wakes(), 1)
  await db.execute(sql`drop trigger refuse on pins`)
  await pass()
  assert.deepEqual(await stored.pinsOf('bad'), [])
})
