import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { drizzle, migrate } from './drizzle.ts'

const migrationsFolder = fileURLToPath(new URL('migrations', import.meta.url))

/** Any constant: it names the lock that lets one process migrate while others wait. */
const migrationLock = 7_420_131

/** Brings the database at `url` to the newest schema. Safe to run from several processes at once and repeatedly. */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'migrate' })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await migrate(drizzle(client), { migrationsFolder })
  } finally {
    await client.end()
  }
}
