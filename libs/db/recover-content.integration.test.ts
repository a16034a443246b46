import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { recoverContent } from './recover-content.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const recover = (cid: string) => recoverContent(database.db, { account: 'default', cid })

test('a failed content starts again, once', { timeout }, async () => {
  await stored.accept('failed', { name: 'kept' })
  await stored.setState('failed', 'failed', { failureCode: 'stalled', attempts: 3 })
  const outcomes = await Promise.all([recover('failed'), recover('failed')])
  assert.equal(outcomes.filter(outcome => outcome?.recovered).length, 1)
  for (const outcome of outcomes) {
    assert.deepEqual([outcome?.content.state, outcome?.content.generation], ['queued', 2])
    assert.deepEqual([outcome?.pin.name, outcome?.pin.state], ['kept', 'queued'])
    assert.deepEqual([outcome?.content.failureCode, outcome?.content.attempts], [null, 0])
  }
  assert.equal((await stored.eventsOf('failed')).length, 2)
})

for (const state of ['queued', 'pinning', 'pinned'] as const) {
  test(`a content that is ${state} stays so`, { timeout }, async () => {
    await stored.accept(state)
    await stored.setState(state, state)
    const outcome = await recover(state)
    assert.deepEqual([outcome?.recovered, outcome?.content.state], [false, state])
    assert.equal((await stored.eventsOf(state)).length, 1)
  })
}

test('what the account has not pinned is not started', { timeout }, async () => {
  await stored.accept('of-others', { account: 'other' })
  await stored.setState('of-others', 'failed')
  assert.equal(await recover('of-others'), undefined)
  assert.equal(await recover('unknown'), undefined)
  assert.equal((await stored.content('of-others'))?.state, 'failed')
})
