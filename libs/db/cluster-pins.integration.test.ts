import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clusterPins, findClusterPins } from './cluster-pins.ts'
import { type ContentState, contentStates } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

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
  for (const { pin, content } of await clusterPins(database.db, { account, limit: 100 }))
    assert.deepEqual([pin.cid, pin.state], [content.cid, content.state])
})

test('pins are found by CID, unknown ones are left out', { timeout }, async () => {
  const found = await findClusterPins(database.db, { account, cids: ['cid-01', 'none', 'cid-02'] })
  assert.deepEqual([...found.keys()].toSorted(), ['cid-01', 'cid-02'])
  assert.equal((await findClusterPins(database.db, { account, cids: [] })).size, 0)
})
