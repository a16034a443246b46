import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findToken, revokeToken } from '#libs/db/index.ts'
import { createTestDatabase, silent } from '#libs/db/testing/test-database.ts'
import { keepAccountToken } from './account-token.ts'
import { createTestFolder } from './test-folder.ts'

test('a token is made at the first start, kept privately, and made anew when it was revoked', {
  timeout: 30_000,
}, async () => {
  await using database = await createTestDatabase()
  await using folder = await createTestFolder()
  const file = join(folder.path, 'token.json')
  const keep = () => keepAccountToken({ databaseUrl: database.url, file, log: silent })
  const token = await keep()
  const grant = await findToken(database.db, token)
  assert.deepEqual([grant?.account, grant?.scopes], ['default', ['read', 'write']])
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal(await keep(), token)
  await revokeToken(database.db, grant?.tokenId ?? '', 'test')
  const next = await keep()
  assert.notEqual(next, token)
  assert.equal(await keep(), next)
})
