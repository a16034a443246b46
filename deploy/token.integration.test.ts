import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findToken } from '#libs/db/index.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'

const timeout = 60_000
const program = fileURLToPath(new URL('token.ts', import.meta.url))
let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const run = async (...args: string[]) =>
  (
    await promisify(execFile)(process.execPath, [program, ...args], {
      env: { ...process.env, DATABASE_URL: database.url },
    })
  ).stdout
/** Each line by itself: what is not one object a line does not parse. */
const json = async (...args: string[]) =>
  (await run(...args, '--json'))
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))

test('a token is created, listed without its text, limited and revoked', { timeout }, async () => {
  const [{ token, id }] = await json('create', '--account', 'alice', '--name', 'laptop')
  assert.equal((await findToken(database.db, token))?.account, 'alice')
  const listed = await json('list', '--account', 'alice')
  assert.deepEqual(
    [listed.length, listed[0].id, listed[0].name, listed[0].scopes],
    [1, id, 'laptop', ['read', 'write']],
  )
  assert.ok(!JSON.stringify(listed).includes(token))
  const [other] = await json('create', '--account', 'alice')
  const both = (await json('list', '--account', 'alice')).map(one => one.id)
  assert.equal(both.length, 2)
  assert.deepEqual(new Set(both), new Set([id, other.id]))
  await run('quota', '--account', 'alice', '--pending', '7')
  assert.equal((await findToken(database.db, token))?.maxPendingPins, 7)
  assert.match(await run('revoke', id), new RegExp(`^revoked +${id}\n$`))
  assert.equal(await findToken(database.db, token), undefined)
})

test('what is not there is said on one line, and is a failure', { timeout }, async () => {
  for (const args of [
    ['revoke', 'x'],
    ['quota', '--account', 'nobody', '--bytes', '1'],
  ])
    await assert.rejects(run(...args), { code: 1, stderr: /^there is no [^\n]+\n$/ })
  assert.equal(await run('list', '--account', 'nobody'), 'There are none.\n')
  assert.equal(await run('list', '--account', 'nobody', '--json'), '')
})
