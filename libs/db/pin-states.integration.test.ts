import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentStates } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase } from './testing/test-database.ts'

const timeout = 20_000

test('every pin shows the state of its content, whenever it was accepted', { timeout }, async () => {
  await using database = await createTestDatabase()
  const stored = storedPins(database.db)
  for (const state of contentStates) {
    const cid = `cid-${state}`
    await stored.accept(cid)
    // Accepted while the content changes: the pin must not keep the state from before.
    await Promise.all([
      stored.setState(cid, 'pinned'),
      ...Array.from({ length: 5 }, () => stored.accept(cid, { api: 'psa' })),
    ])
    await stored.setState(cid, state)
    await stored.accept(cid, { api: 'psa' })
    const content = await stored.content(cid)
    const states = (await stored.pinsOf(cid)).map(pin => pin.state)
    assert.deepEqual(new Set(states), new Set([content?.state]))
  }
})
