import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { countPins, sql } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'
import { createFoldPinCounts } from './fold-pin-counts.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const changes = async () => {
  const { rows } = await database.db.execute<{ count: string }>(sql`select count(*) from pin_count_changes`)
  return Number(rows[0]?.count)
}
const queued = () => countPins(database.db, { account: 'folder', states: ['queued'] })

test('changes are folded in by several processes, and the count stays the same', { timeout }, async () => {
  const { accept } = storedPins(database.db)
  for (let i = 0; i < 10; i++) await accept(`cid-${i}`, { account: 'folder', api: 'psa' })
  assert.ok((await changes()) > 0)
  assert.deepEqual(await queued(), { pins: 10, carBytes: 0 })
  const folds = Array.from({ length: 3 }, () => createFoldPinCounts(database)())
  assert.deepEqual(await Promise.all(folds), [false, false, false])
  assert.equal(await changes(), 0)
  assert.deepEqual(await queued(), { pins: 10, carBytes: 0 })
})

test('a pass that took all it may says that there is more', { timeout }, async () => {
  await database.db.execute(sql`insert into pin_count_changes (account, api, state, hour, pins, car_bytes)
    select 'many', 'psa', 'queued', '2026-01-01', 1, 0 from generate_series(1, 10001)`)
  const pass = createFoldPinCounts(database)
  assert.deepEqual([await pass(), await pass(), await changes()], [true, false, 0])
  assert.equal((await countPins(database.db, { account: 'many', states: ['queued'] })).pins, 10_001)
})
