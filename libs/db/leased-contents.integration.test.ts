import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { leasedContents } from './leased-contents.ts'
import { leasesOf } from './leases.ts'
import { contents } from './schema.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000

test('contents whose fetch a live worker has are told from all others', { timeout }, async () => {
  const { db } = database
  const cids = ['fetched', 'ended', 'checked', 'waiting']
  await db.insert(contents).values(cids.map(cid => ({ cid, generation: 1, state: 'queued' as const })))
  const leases = leasesOf(db, { owner: 'ours', leaseMs: 60_000 })
  const claim = async (cid: string, step: 'fetch' | 'validate') => {
    const claimed = await leases.claim({ cid, generation: 1, step })
    assert.equal(claimed.kind, 'leased')
    return claimed.lease
  }
  await claim('fetched', 'fetch')
  await leases.release(await claim('ended', 'fetch'))
  await claim('checked', 'validate')
  assert.deepEqual(await leasedContents(db, [...cids, 'unknown']), new Set(['fetched']))
  assert.deepEqual(await leasedContents(db, []), new Set())
})
