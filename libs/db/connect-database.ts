import pg from 'pg'
import type { Logger } from '#libs/telemetry/index.ts'
import { drizzle } from './drizzle.ts'
import * as schema from './schema.ts'

type DatabaseSettings = {
  DATABASE_URL: string
  DATABASE_MAX_CONNECTIONS: number
  DATABASE_QUERY_TIMEOUT_MS: number
}

/** Queries of the services. Disposing waits for the running ones and closes all connections. */
export type Database = ReturnType<typeof connectDatabase>

/** A database or an open transaction of it. */
export type Queries = Pick<Database, 'select' | 'insert' | 'update' | 'delete' | 'execute'>

/** Opens a pool in the name of a service. Connections are made on first use: this does not fail when Postgres is away. */
export function connectDatabase(service: string, settings: DatabaseSettings, log: Logger) {
  const pool = new pg.Pool({
    connectionString: settings.DATABASE_URL,
    application_name: service,
    max: settings.DATABASE_MAX_CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    // A server that vanished without a word must not hold a request for ever, and what a client gave up must end there.
    query_timeout: settings.DATABASE_QUERY_TIMEOUT_MS,
    statement_timeout: settings.DATABASE_QUERY_TIMEOUT_MS,
    keepAlive: true,
  })
  // A connection that breaks is replaced by the pool. Without a listener the process would end, and the pool itself
  // listens only while the connection is idle, not between two queries of a transaction.
  pool.on('connect', client => {
    client.on('error', err => log.warn({ err }, 'a database connection broke'))
  })
  pool.on('error', err => log.debug({ err }, 'it was idle'))
  return Object.assign(drizzle(pool, { schema }), { [Symbol.asyncDispose]: () => pool.end() })
}
