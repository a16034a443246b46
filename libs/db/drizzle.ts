import { createRequire } from 'node:module'
import type * as orm from 'drizzle-orm'
import type * as nodePostgres from 'drizzle-orm/node-postgres'
import type * as migrator from 'drizzle-orm/node-postgres/migrator'
import type * as pgCore from 'drizzle-orm/pg-core'

export type { SQL } from 'drizzle-orm'
export type { AnyPgColumn } from 'drizzle-orm/pg-core'

/**
 * What this project uses of drizzle-orm, loaded as CommonJS. As ES modules it takes a second to load: its
 * `package.json` has 180 kB, and Node parses that again for each import between its files. Nothing else imports it.
 */
const require = createRequire(import.meta.url)

export const {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  or,
  sql,
  TransactionRollbackError,
} = require('drizzle-orm') as typeof orm

export const { bigint, check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex } =
  require('drizzle-orm/pg-core') as typeof pgCore

export const { drizzle } = require('drizzle-orm/node-postgres') as typeof nodePostgres

export const { migrate } = require('drizzle-orm/node-postgres/migrator') as typeof migrator
