import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq, inArray } from './drizzle.ts'
import { audit, tokens } from './schema.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'
import { createToken, findToken, listTokens, revokeToken, setQuotas } from './tokens.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const create = (account: string, name = 'laptop') =>
  createToken(database.db, { account, name, scopes: ['read', 'write'] }, 'cli:tester')

test('a token opens its account, and its text is not stored', { timeout }, async () => {
  const { id, token } = await create('alice')
  assert.ok(token.length >= 43 && !token.startsWith('-'))
  const grant = await findToken(database.db, token)
  assert.deepEqual(grant, {
    tokenId: id,
    account: 'alice',
    scopes: ['read', 'write'],
    maxPendingPins: null,
    maxPinnedBytes: null,
  })
  const [row] = await database.db.select().from(tokens).where(eq(tokens.id, id))
  assert.ok(!JSON.stringify(row).includes(token))
  assert.ok(row?.lastUsedAt)
})

test('tokens of one account open the same account', { timeout }, async () => {
  const [one, two] = await Promise.all([create('bob', 'one'), create('bob', 'two')])
  assert.notEqual(one.token, two.token)
  for (const { token } of [one, two]) assert.equal((await findToken(database.db, token))?.account, 'bob')
  const listed = await listTokens(database.db, 'bob')
  assert.deepEqual(listed.map(({ name }) => name).toSorted(), ['one', 'two'])
  assert.ok((await listTokens(database.db)).length >= listed.length)
})

test('a revoked token opens nothing, and is revoked once', { timeout }, async () => {
  const { id, token } = await create('carol')
  const other = await create('carol', 'other')
  assert.equal(await revokeToken(database.db, id, 'cli:tester'), true)
  assert.equal(await revokeToken(database.db, id, 'cli:tester'), false)
  assert.equal(await revokeToken(database.db, 'unknown', 'cli:tester'), false)
  assert.equal(await findToken(database.db, token), undefined)
  assert.ok(await findToken(database.db, other.token))
})

test('what is no token opens nothing', { timeout }, async () => {
  for (const token of ['', 'purposefullyInvalid', 'x'.repeat(10_000)])
    assert.equal(await findToken(database.db, token), undefined)
})

test('quotas come with the grant', { timeout }, async () => {
  const { token } = await create('dave')
  assert.equal(await setQuotas(database.db, 'dave', { maxPendingPins: 5 }, 'cli:tester'), true)
  assert.equal((await findToken(database.db, token))?.maxPendingPins, 5)
  assert.equal(await setQuotas(database.db, 'nobody', { maxPendingPins: 5 }, 'cli:tester'), false)
})

test('who makes, revokes and limits is in the audit, once each, and the token is not', {
  timeout,
}, async () => {
  const { id, token } = await create('erin')
  await revokeToken(database.db, id, 'cli:tester')
  await revokeToken(database.db, id, 'cli:tester')
  await setQuotas(database.db, 'erin', { maxPendingPins: 5 }, 'cli:tester')
  const rows = await database.db
    .select()
    .from(audit)
    .where(inArray(audit.subject, [id, 'erin']))
  assert.deepEqual(rows.map(({ actor, action }) => `${actor} ${action}`).toSorted(), [
    'cli:tester account.limit',
    'cli:tester token.create',
    'cli:tester token.revoke',
  ])
  assert.ok(!JSON.stringify(rows).includes(token))
})
