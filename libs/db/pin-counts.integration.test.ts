import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { and, eq, gt, inArray, lt, sql } from './drizzle.ts'
import { type Counted, countPins, foldPinCounts, otherAccountsQueue } from './pin-counts.ts'
import { removeClusterPin } from './remove-pin.ts'
import { contentStates, pins } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 30_000
const count = (counted: Counted) => countPins(database.db, counted)

/** The same by looking at every pin. */
async function countSlowly({ account, api, states, before: to, after: from }: Counted) {
  const [row] = await database.db
    .select({ pins: sql<string>`count(*)`, carBytes: sql<string>`coalesce(sum(${pins.carBytes}), 0)` })
    .from(pins)
    .where(
      and(
        eq(pins.account, account),
        api && eq(pins.api, api),
        inArray(pins.state, [...states]),
        to && lt(pins.createdAt, to),
        from && gt(pins.createdAt, from),
      ),
    )
  return { pins: Number(row?.pins), carBytes: Number(row?.carBytes) }
}

test('counters agree with the pins after accepts, changes of state, removals, and folds', {
  timeout,
}, async () => {
  const account = 'counted'
  for (let i = 0; i < 60; i++) {
    const cid = `count-${i % 40}`
    await stored.accept(cid, { account, api: i % 3 === 0 ? 'cluster' : 'psa' })
    if (i % 2 === 0)
      await stored.setState(cid, contentStates[i % 5] ?? 'queued', { carCid: 'b', carBytes: i })
    if (i % 7 === 0) await removeClusterPin(database.db, { account, cid })
    if (i % 20 === 0) await foldPinCounts(database.db, 10)
  }
  for (const states of [contentStates, ['pinned'], ['queued', 'failed']] as const)
    for (const api of [undefined, 'psa', 'cluster'] as const) {
      const counted = { account, states, ...(api ? { api } : {}) }
      assert.deepEqual(await count(counted), await countSlowly(counted))
    }
})

test('a range of times is counted to the millisecond, across hours and within one', { timeout }, async () => {
  const account = 'ranges'
  const start = Date.UTC(2026, 0, 1, 10, 59, 59, 990)
  const offsetsMs = [0, 9, 10, 11, 3_600_000, 3_600_010, 7_300_000]
  for (const [i, offsetMs] of offsetsMs.entries()) {
    const { pin } = await stored.accept(`range-${i}`, { account, api: 'psa' })
    await database.db
      .update(pins)
      .set({ createdAt: new Date(start + offsetMs) })
      .where(eq(pins.requestId, pin.requestId))
  }
  await foldPinCounts(database.db, 1_000)
  const bounds = [undefined, ...offsetsMs.flatMap(ms => [ms - 1, ms, ms + 1]).map(ms => new Date(start + ms))]
  for (const from of bounds)
    for (const to of bounds) {
      const counted = { account, api: 'psa' as const, states: contentStates, before: to, after: from }
      assert.deepEqual(
        await count(counted),
        await countSlowly(counted),
        `${from?.toISOString()} ${to?.toISOString()}`,
      )
    }
})

test('folds that run at once fold each change once', { timeout }, async () => {
  const account = 'folded'
  await Promise.all(Array.from({ length: 30 }, (_, i) => stored.accept(`fold-${i}`, { account, api: 'psa' })))
  await Promise.all(Array.from({ length: 4 }, () => foldPinCounts(database.db, 10)))
  assert.equal((await count({ account, states: contentStates })).pins, 30)
  while ((await foldPinCounts(database.db, 1_000)) > 0);
  assert.equal((await count({ account, states: contentStates })).pins, 30)
})

test('an account with queued pins is seen by those who ask for others, folded or not', {
  timeout,
}, async () => {
  const { db } = database
  await foldPinCounts(db, 1_000_000)
  const { rows } = await db.execute<{ account: string }>(
    sql`select distinct account from pins where state = 'queued'`,
  )
  const known = rows.map(({ account }) => account)
  const others = (more: string[] = []) => otherAccountsQueue(db, [...known, ...more])
  assert.equal(await others(), false)
  await stored.accept('queued-by-other', { account: 'other', api: 'psa' })
  assert.equal(await others(), true)
  assert.equal(await others(['other']), false)
  await foldPinCounts(db, 1_000_000)
  assert.equal(await others(), true)
  await stored.setState('queued-by-other', 'failed')
  assert.equal(await others(), false)
})
