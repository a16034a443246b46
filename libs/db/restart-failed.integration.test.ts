import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { endOfLetter, recordAudit } from './audit.ts'
import { eq } from './drizzle.ts'
import { restartFailed } from './restart-failed.ts'
import { audit } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

const timeout = 20_000
let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const note = (subject: string) => ({ actor: 'cli:tester', action: 'dead-letter.replay' as const, subject })
const restart = (cid: string, generation = 1) =>
  restartFailed(database.db, { cid, generation }, note(`letter of ${cid}`))
const auditOf = (cid: string) =>
  database.db
    .select()
    .from(audit)
    .where(eq(audit.subject, `letter of ${cid}`))

test('a failed generation starts anew, with its job in the outbox and a row in the audit', {
  timeout,
}, async () => {
  const pins = storedPins(database.db)
  await pins.accept('failed')
  await pins.setState('failed', 'failed', { failureCode: 'stalled', failureMessage: 'x' })
  assert.equal(await restart('failed'), 'restarted')
  const content = await pins.content('failed')
  assert.deepEqual([content?.state, content?.generation, content?.failureCode], ['queued', 2, null])
  const events = (await pins.eventsOf('failed')).map(({ id }) => id)
  assert.deepEqual(events.toSorted(), ['failed.1.requested', 'failed.2.requested'])
  const [row] = await auditOf('failed')
  assert.deepEqual([row?.actor, row?.outcome], ['cli:tester', 'restarted'])
})

test('two that restart it at once, and one later, begin one generation', { timeout }, async () => {
  const pins = storedPins(database.db)
  await pins.accept('twice')
  await pins.setState('twice', 'failed')
  const outcomes = await Promise.all([restart('twice'), restart('twice')])
  assert.deepEqual(outcomes.toSorted(), ['repeated', 'restarted'])
  await pins.setState('twice', 'failed')
  assert.equal(await restart('twice'), 'repeated')
  assert.equal((await pins.content('twice'))?.generation, 2)
  assert.equal((await auditOf('twice')).length, 1)
})

test('a content whose letter was discarded meanwhile is not started', { timeout }, async () => {
  const pins = storedPins(database.db)
  await pins.accept('discarded')
  await pins.setState('discarded', 'failed')
  const discard = {
    ...note('letter of discarded'),
    action: 'dead-letter.discard',
    outcome: 'discarded',
  } as const
  assert.deepEqual(
    [await recordAudit(database.db, discard), await recordAudit(database.db, discard)],
    [true, false],
  )
  assert.equal(await restart('discarded'), 'repeated')
  const content = await pins.content('discarded')
  assert.deepEqual([content?.state, content?.generation], ['failed', 1])
})

test('what has not failed is left as it is', { timeout }, async () => {
  const pins = storedPins(database.db)
  for (const [state, outcome] of [
    ['queued', 'running'],
    ['pinning', 'running'],
    ['pinned', 'pinned'],
    ['unpinned', 'unwanted'],
  ] as const) {
    await pins.accept(state)
    await pins.setState(state, state)
    assert.equal(await restart(state), outcome)
    const content = await pins.content(state)
    assert.deepEqual([content?.state, content?.generation], [state, 1])
    assert.equal((await auditOf(state)).length, outcome === 'running' ? 0 : 1)
  }
  assert.equal(await restart('nobody asked for this'), 'unknown')
  assert.equal(await restart('queued', 2), 'unknown')
})

test('the end of a letter is noted once', { timeout }, async () => {
  assert.equal(await endOfLetter(database.db, 'a letter'), undefined)
  await recordAudit(database.db, { ...note('a letter'), outcome: 'republished' })
  const discard = { actor: 'cli:other', action: 'dead-letter.discard', subject: 'a letter' } as const
  await recordAudit(database.db, { ...discard, outcome: 'discarded' })
  const end = await endOfLetter(database.db, 'a letter')
  assert.deepEqual(
    [end?.action, end?.actor, end?.outcome],
    ['dead-letter.replay', 'cli:tester', 'republished'],
  )
})
