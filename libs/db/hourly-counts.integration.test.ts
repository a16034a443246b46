import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { and, eq, sql } from './drizzle.ts'
import { createCountByHour } from './hourly-counts.ts'
import { foldPinCounts } from './pin-counts.ts'
import { createdBetween, matching, type PsaFilter } from './psa-filter.ts'
import { createPsaPins } from './psa-pins.ts'
import { removePsaPin } from './remove-pin.ts'
import { contentStates, pins } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

const timeout = 60_000
const hourMs = 3_600_000
const start = Date.UTC(2026, 0, 1)

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

/** A pin as old as the test wants it. */
async function add(account: string, cid: string, name: string, createdAt: number): Promise<string> {
  const { pin } = await stored.accept(cid, { account, api: 'psa', name, meta: { name } })
  await database.db
    .update(pins)
    .set({ createdAt: new Date(createdAt) })
    .where(eq(pins.requestId, pin.requestId))
  return pin.requestId
}

/** What a list must be, by looking at every pin. */
async function listSlowly(account: string, filter: PsaFilter, limit: number) {
  const rows = await database.db
    .select({ requestId: pins.requestId })
    .from(pins)
    .where(and(matching(account, filter), createdBetween(filter)))
    .orderBy(sql`${pins.createdAt} desc`)
  return { count: rows.length, page: rows.slice(0, limit).map(({ requestId }) => requestId) }
}

const remembersAll = () => createPsaPins(database.db, createCountByHour({ rememberFromMs: 0 }))

test('what is remembered stays exact while pins come, go, change their state and are folded', {
  timeout,
}, async () => {
  const account = 'remembered'
  const list = remembersAll()
  const filters: Pick<PsaFilter, 'states' | 'name' | 'meta' | 'cids'>[] = [
    { states: contentStates, name: { text: 'photo', match: 'partial' } },
    { states: ['pinned'], name: { text: 'PHOTO', match: 'ipartial' } },
    { states: contentStates, name: { text: 'photo', match: 'exact' } },
    { states: ['queued', 'failed'], meta: { name: 'photo' } },
    { states: contentStates, cids: ['hourly-1', 'hourly-2'] },
  ]
  const bounds = [undefined, 1, 2.5 * hourMs, 4 * hourMs].map(ms =>
    ms === undefined ? undefined : new Date(start + ms),
  )
  const requestIds: string[] = []
  for (let step = 0; step < 24; step++) {
    const cid = `hourly-${step % 7}`
    requestIds.push(
      await add(account, cid, step % 3 ? 'photo' : 'other', start + ((step * 7) % 12) * (hourMs / 2) + step),
    )
    if (step % 2) await stored.setState(cid, contentStates[step % 4] ?? 'queued')
    if (step % 5 === 4)
      await removePsaPin(database.db, { account, requestId: requestIds[step - 3] ?? assert.fail() })
    if (step % 6 === 5) await foldPinCounts(database.db, 5)
    if (step % 3 !== 2) continue
    for (const filter of filters)
      for (const after of bounds)
        for (const before of bounds) {
          const { count, page } = await list(account, { ...filter, before, after }, 3)
          assert.deepEqual(
            { count, page: page.map(({ pin }) => pin.requestId) },
            await listSlowly(account, { ...filter, before, after }, 3),
            `step ${step}: ${JSON.stringify({ ...filter, before, after })}`,
          )
        }
  }
})

test('a pin that is committed after a later one was counted is counted then', { timeout }, async () => {
  const account = 'late'
  const list = remembersAll()
  const count = async () =>
    (await list(account, { states: contentStates, name: { text: 'x', match: 'exact' } }, 10)).count
  await add(account, 'late-1', 'x', start)
  assert.equal(await count(), 1)
  const held = Promise.withResolvers<void>()
  const inserted = Promise.withResolvers<void>()
  const open = database.db.transaction(async tx => {
    await tx.insert(pins).values({
      requestId: 'open',
      account,
      api: 'psa',
      cid: 'late-1',
      sentCid: 'late-1',
      name: 'x',
      state: 'queued',
      createdAt: new Date(start + 1),
    })
    inserted.resolve()
    await held.promise
  })
  await inserted.promise
  await add(account, 'late-2', 'x', start + 2)
  assert.equal(await count(), 2)
  held.resolve()
  await open
  assert.equal(await count(), 3)
})

test('more changed hours than are counted one by one are counted all', { timeout }, async () => {
  const account = 'many-hours'
  const list = remembersAll()
  const count = async () =>
    (await list(account, { states: contentStates, name: { text: 'y', match: 'exact' } }, 10)).count
  assert.equal(await count(), 0)
  await stored.accept('many', { account: 'other', api: 'psa' })
  await database.db.insert(pins).values(
    Array.from({ length: 150 }, (_, i) => ({
      requestId: `many-${i}`,
      account,
      api: 'psa' as const,
      cid: 'many',
      sentCid: 'many',
      name: 'y',
      state: 'queued' as const,
      createdAt: new Date(start + i * hourMs),
    })),
  )
  assert.equal(await count(), 150)
})
