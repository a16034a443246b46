import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { migrateDatabase } from './migrate-database.ts'
import { createEmptyDatabase } from './testing/test-database.ts'

const timeout = 60_000
const run = promisify(execFile)
const projectRoot = fileURLToPath(new URL('../../', import.meta.url))
const migrations = fileURLToPath(new URL('migrations', import.meta.url))
const journal = JSON.parse(await readFile(join(migrations, 'meta/_journal.json'), 'utf8')) as {
  entries: unknown[]
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('three processes that migrate one empty database at once all succeed, and each change is made once', {
  timeout,
}, async () => {
  await using database = await createEmptyDatabase()
  const program = `
    import { migrateDatabase } from '#libs/db/index.ts'
    await migrateDatabase(${JSON.stringify(database.url)})`
  const migrate = () =>
    run(process.execPath, ['--input-type=module', '--eval', program], { cwd: projectRoot, timeout })
  await Promise.all([migrate(), migrate(), migrate()])
  const applied = await query(database.url, 'select * from drizzle.__drizzle_migrations')
  assert.equal(applied.length, journal.entries.length)
})

test('migrating again keeps the data', { timeout }, async () => {
  await using database = await createEmptyDatabase()
  await migrateDatabase(database.url)
  await query(database.url, "insert into contents (cid, generation, state) values ('kept', 1, 'queued')")
  await migrateDatabase(database.url)
  assert.deepEqual(await query(database.url, 'select cid from contents'), [{ cid: 'kept' }])
})

test('a failed migration leaves the lock to the next', { timeout }, async () => {
  await using database = await createEmptyDatabase()
  await query(database.url, 'create table outbox (blocks int)')
  await assert.rejects(migrateDatabase(database.url))
  await query(database.url, 'drop table outbox')
  await migrateDatabase(database.url)
  assert.deepEqual(await query(database.url, 'select * from contents'), [])
})

test('the migrations give exactly the schema: generating finds no change', { timeout }, async t => {
  const copy = await mkdtemp(join(tmpdir(), 'pickup-migrations-'))
  t.after(() => rm(copy, { recursive: true }))
  await cp(migrations, copy, { recursive: true })
  const schema = ['--dialect', 'postgresql', '--schema', 'libs/db/schema.ts']
  const generate = ['node_modules/drizzle-kit/bin.cjs', 'generate', ...schema]
  await run(process.execPath, [...generate, '--out', relative(projectRoot, copy)], {
    cwd: projectRoot,
    timeout,
  })
  assert.deepEqual(await filesOf(copy), await filesOf(migrations))
})

const filesOf = async (folder: string) => (await readdir(folder, { recursive: true })).toSorted()
