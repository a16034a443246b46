import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eq } from './drizzle.ts'
import { finishedByMinute } from './finished-contents.ts'
import { contents } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase } from './testing/test-database.ts'

test('what ended is counted in its minute, and nothing else', { timeout: 20_000 }, async () => {
  await using database = await createTestDatabase()
  const { db } = database
  const pins = storedPins(db)
  const minuteMs = 60_000
  async function ended(cid: string, state: 'pinned' | 'failed' | 'unpinned' | 'pinning', minutesAgo: number) {
    await pins.accept(cid)
    await pins.setState(cid, state)
    const changedAt = new Date(Date.now() - minutesAgo * minuteMs)
    const verifiedAt = state === 'pinned' ? changedAt : null
    await db.update(contents).set({ changedAt, verifiedAt }).where(eq(contents.cid, cid))
  }
  await ended('a', 'pinned', 3)
  await ended('b', 'pinned', 3)
  await ended('c', 'failed', 3)
  await ended('d', 'pinned', 1)
  await ended('still running', 'pinning', 1)
  await ended('let go', 'unpinned', 1)
  await ended('long ago', 'pinned', 11)
  // As when the indexer bridge is told once more.
  await db.update(contents).set({ changedAt: new Date() }).where(eq(contents.cid, 'long ago'))
  const minutes = await finishedByMinute(db, 10)
  assert.equal(minutes.length, 10)
  const times = minutes.map(({ at }) => at.getTime())
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  )
  const counted = minutes.filter(({ pinned, failed }) => pinned + failed > 0)
  assert.deepEqual(
    counted.map(({ pinned, failed }) => [pinned, failed]),
    [
      [2, 1],
      [1, 0],
    ],
  )
})
