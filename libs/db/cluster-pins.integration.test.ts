import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bareClusterPins, clusterPins, createFindClusterPin, findClusterPins } from './cluster-pins.ts'
import { connectDatabase } from './connect-database.ts'
import { eq } from './drizzle.ts'
import { type ContentState, contentStates, contents, pins } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, silent, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
const account = 'lister'
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
  for (let i = 0; i < 23; i++) {
    const cid = `cid-${String(i).padStart(2, '0')}`
    await stored.accept(cid, { account })
    await stored.setState(cid, contentStates[i % 4] ?? 'queued')
  }
  await stored.accept('cid-00', { account: 'other' })
  await stored.accept('cid-00', { account, api: 'psa' })
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000

async function listAll(limit: number, states?: ContentState[]) {
  const listed: string[] = []
  for (let afterCid: string | undefined; ; afterCid = listed.at(-1)) {
    const page = await clusterPins(database.db, { account, states, afterCid, limit })
    if (page.length === 0) return listed
    listed.push(...page.map(({ pin }) => pin.cid))
  }
}

for (const limit of [1, 5, 23, 100]) {
  test(`pages of ${limit} list every pin of the account once, by CID`, { timeout }, async () => {
    const listed = await listAll(limit)
    assert.equal(listed.length, 23)
    assert.deepEqual(listed, listed.toSorted())
    assert.equal(new Set(listed).size, 23)
  })
}

test('only pins in the states asked for are listed, with their contents', { timeout }, async () => {
  assert.equal((await listAll(4, ['failed'])).length, 5)
  assert.equal((await listAll(4, ['failed', 'pinned'])).length, 11)
  assert.deepEqual(await listAll(4, ['unpinned']), [])
  for (const state of contentStates)
    for (const { pin, content } of await clusterPins(database.db, { account, states: [state], limit: 100 }))
      assert.deepEqual([content.cid, content.state], [pin.cid, state])
})

test('pins are found by CID, unknown ones are left out', { timeout }, async () => {
  const found = await findClusterPins(database.db, { account, cids: ['cid-01', 'none', 'cid-02'] })
  assert.deepEqual([...found.keys()].toSorted(), ['cid-01', 'cid-02'])
  assert.equal((await findClusterPins(database.db, { account, cids: [] })).size, 0)
})

test('a pin is read with every value as the schema has it', { timeout }, async () => {
  const rich = {
    account: 'reader',
    meta: { 'a"b': '{},' },
    origins: ['/dns4/a,b', 'c"d'],
    expiresAt: new Date('2030-01-02T03:04:05.600Z'),
  }
  await stored.accept('whole', rich)
  await stored.setState('whole', 'pinned', {
    carBytes: 2 ** 40,
    missingCids: ['m, n'],
    verifiedAt: new Date('2026-01-02T03:04:05Z'),
  })
  await stored.accept('bare', { account: 'reader' })
  const expected = await database.db
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(eq(pins.account, 'reader'))
    .orderBy(pins.cid)
  assert.equal(expected.length, 2)
  const read = await clusterPins(database.db, { account: 'reader', limit: 10 })
  assert.equal(read.length, 2)
  assert.partialDeepStrictEqual(expected, read)
})

test('pins without their contents come in the same pages', { timeout }, async () => {
  for (const afterCid of [undefined, 'cid-04', 'cid-21']) {
    const page = { account, afterCid, limit: 7 }
    const whole = await clusterPins(database.db, page)
    assert.ok(whole.length > 0)
    assert.deepEqual(
      await bareClusterPins(database.db, page),
      whole.map(({ pin }) => ({ pin })),
    )
  }
})

test('a time is read right whatever zone Postgres writes it in', { timeout }, async () => {
  const read = () => clusterPins(database.db, { account, limit: 3 })
  const inUtc = await read()
  await using other = connectDatabase('test', zoned('Asia/Kathmandu'), silent)
  assert.deepEqual(await clusterPins(other, { account, limit: 3 }), inUtc)
})

test('pins asked for at once are found each by its own CID, one after the other is fresh', {
  timeout,
}, async () => {
  const find = createFindClusterPin(database.db, account)
  const cids = ['cid-03', 'none', 'cid-01', 'cid-03']
  const found = await Promise.all(cids.map(find))
  assert.deepEqual(
    found.map(accepted => accepted?.pin.cid),
    ['cid-03', undefined, 'cid-01', 'cid-03'],
  )
  await stored.accept('none', { account })
  assert.equal((await find('none'))?.pin.cid, 'none')
})

const zoned = (zone: string) => {
  const url = new URL(database.url)
  url.searchParams.set('options', `-c TimeZone=${zone}`)
  return { DATABASE_URL: url.href, DATABASE_MAX_CONNECTIONS: 1, DATABASE_QUERY_TIMEOUT_MS: 10_000 }
}
