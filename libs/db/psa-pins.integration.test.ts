import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PsaFilter } from './psa-filter.ts'
import { createPsaPins, findKeyedPins, findPsaPin, findPsaPins } from './psa-pins.ts'
import { queuePosition, queuePositions } from './queue-position.ts'
import { contentStates } from './schema.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
const account = 'lister'
const names = ['Apple Pie', 'apple', '100%', '1000', 'a_b', 'axb', '', 'back\\slash']
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
  for (const [i, name] of names.entries())
    await stored.accept(`cid-${i}`, { account, api: 'psa', name, meta: i % 2 ? { a: '1', n: `${i}` } : {} })
  await stored.accept('cid-0', { account: 'other', api: 'psa', name: 'apple' })
  await stored.accept('cid-1', { account, api: 'cluster', name: 'apple' })
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const list = (filter: Partial<PsaFilter> = {}, limit = 100) =>
  createPsaPins(database.db)(account, { states: contentStates, ...filter }, limit)
const namesOf = async (filter: Partial<PsaFilter>) => {
  const { page } = await list(filter)
  return page.map(({ pin }) => pin.name).toSorted()
}

test('the newest come first, and the count is of all', { timeout }, async () => {
  const { count, page } = await list({}, 3)
  assert.equal(count, names.length)
  assert.deepEqual(
    page.map(({ pin }) => pin.name),
    names.toReversed().slice(0, 3),
  )
})

test('pages by the time of the last one lose and repeat nothing', { timeout }, async () => {
  const seen: string[] = []
  for (let cursor: Date | undefined; ; ) {
    const { count, page } = await list({ before: cursor }, 3)
    assert.equal(count, names.length - seen.length)
    seen.push(...page.map(({ pin }) => pin.name))
    cursor = page.at(-1)?.pin.createdAt
    if (count === page.length) break
  }
  assert.deepEqual(seen, names.toReversed())
})

for (const [match, text, found] of [
  ['exact', 'apple', ['apple']],
  ['exact', 'Apple', []],
  ['exact', '', ['']],
  ['iexact', 'APPLE', ['apple']],
  ['iexact', 'a_b', ['a_b']],
  ['partial', 'pple', ['Apple Pie', 'apple']],
  ['partial', 'Pie', ['Apple Pie']],
  ['partial', 'pie', []],
  ['ipartial', 'pIe', ['Apple Pie']],
  ['partial', '0%', ['100%']],
  ['partial', '_', ['a_b']],
  ['partial', '\\', ['back\\slash']],
] as const) {
  test(`the name ${match} ${JSON.stringify(text)} finds ${JSON.stringify(found)}`, { timeout }, async () => {
    assert.deepEqual(await namesOf({ name: { text, match } }), found)
  })
}

test('every pair of the metadata must match', { timeout }, async () => {
  assert.equal((await list({ meta: { a: '1' } })).count, 4)
  assert.deepEqual(await namesOf({ meta: { a: '1', n: '3' } }), ['1000'])
  assert.deepEqual(await namesOf({ meta: { a: '2' } }), [])
})

test('CIDs and states select, and filters add up', { timeout }, async () => {
  assert.deepEqual(await namesOf({ cids: ['cid-1', 'cid-2', 'none'] }), ['100%', 'apple'])
  assert.equal((await list({ states: ['pinned'] })).count, 0)
  assert.deepEqual(await namesOf({ cids: ['cid-1', 'cid-2'], name: { text: 'apple', match: 'exact' } }), [
    'apple',
  ])
})

test('fifty pins at once have fifty times of creation', { timeout }, async () => {
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => stored.accept(`at-once-${i}`, { account: 'busy', api: 'psa' })),
  )
  const { page } = await createPsaPins(database.db)('busy', { states: contentStates }, 100)
  assert.equal(new Set(page.map(({ pin }) => pin.createdAt.getTime())).size, 50)
})

test('an idempotency key gives one pin, whatever else the request says', { timeout }, async () => {
  const key = { api: 'psa' as const, idempotencyKey: 'key-1' }
  const accepted = await Promise.all(Array.from({ length: 5 }, () => stored.accept('idem', key)))
  assert.equal(new Set(accepted.map(({ pin }) => pin.requestId)).size, 1)
  const other = await stored.accept('idem', { ...key, account: 'other' })
  assert.notEqual(other.pin.requestId, accepted[0]?.pin.requestId)
  const found = await findKeyedPins(database.db, { account: 'default', keys: ['key-1', 'key-2'] })
  assert.deepEqual(
    found.map(({ pin }) => pin.requestId),
    [accepted[0]?.pin.requestId],
  )
})

test('a pin is found by its account only', { timeout }, async () => {
  const { pin } = await stored.accept('mine', { account, api: 'psa' })
  const { requestId } = pin
  assert.equal((await findPsaPin(database.db, { account, requestId }))?.pin.cid, 'mine')
  assert.equal(await findPsaPin(database.db, { account: 'other', requestId }), undefined)
  assert.deepEqual(await findPsaPins(database.db, { account, requestIds: [] }), [])
})

test('the place in the queue is the number of contents before', { timeout }, async () => {
  const first = await stored.accept('queue-1')
  const second = await stored.accept('queue-2')
  const ahead = await queuePosition(database.db, first.content.queuedAt)
  assert.equal(await queuePosition(database.db, second.content.queuedAt), ahead + 1)
})

test('the places of many are those of each, also of contents that are not queued', { timeout }, async () => {
  const times: Date[] = []
  for (let i = 0; i < 6; i++) times.push((await stored.accept(`many-${i}`)).content.queuedAt)
  await stored.setState('many-2', 'pinning')
  const asked = [...times, ...times.slice(1, 3), new Date(0)].reverse()
  const places = await queuePositions(database.db, asked)
  for (const time of asked)
    assert.equal(places.get(time.getTime()), await queuePosition(database.db, time), time.toISOString())
  assert.equal((await queuePositions(database.db, [])).size, 0)
})
