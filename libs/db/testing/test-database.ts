import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { createLogger } from '#libs/telemetry/index.ts'
import { connectDatabase, type Database } from '../connect-database.ts'
import { migrateDatabase } from '../migrate-database.ts'

/** A database of its own on the shared Postgres. Disposing drops it, whoever is still connected. */
export type TestDatabase = AsyncDisposable & {
  url: string
  /** A pool that the test database closes. */
  db: Database
}

export const silent = createLogger('test', 'silent')

/** Creates a database with the newest schema. `PICKUP_TEST_SERVERS` names the server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const empty = await createEmptyDatabase()
  await migrateDatabase(empty.url)
  const db = connectDatabase('test', settingsOf(empty.url), silent)
  return {
    url: empty.url,
    db,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]()
      await empty[Symbol.asyncDispose]()
    },
  }
}

/** Like {@link createTestDatabase}, before any migration. */
export async function createEmptyDatabase(): Promise<AsyncDisposable & { url: string }> {
  const { databaseUrl } = JSON.parse(process.env['PICKUP_TEST_SERVERS'] ?? 'null') as { databaseUrl: string }
  const name = `d${randomBytes(6).toString('hex')}`
  await onServer(databaseUrl, `create database ${name}`)
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => drop(databaseUrl, name),
  }
}

async function drop(databaseUrl: string, name: string): Promise<void> {
  try {
    await onServer(databaseUrl, `drop database ${name} with (force)`)
  } catch (error) {
    // Autovacuum is at it, which is the server's own: it may not be ended by force, and gives way to a plain drop.
    if (!(error instanceof pg.DatabaseError && error.code === '42501')) throw error
    await onServer(databaseUrl, `drop database ${name}`)
  }
}

const settingsOf = (url: string) => ({
  DATABASE_URL: url,
  DATABASE_MAX_CONNECTIONS: 10,
  DATABASE_QUERY_TIMEOUT_MS: 10_000,
})

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
