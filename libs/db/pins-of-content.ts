import { asc, eq } from 'drizzle-orm'
import type { Database } from './connect-database.ts'
import { pins } from './schema.ts'

/** What all pins of a content say together: where it may be, and whose it is. */
export type Wanted = { origins: string[]; accounts: string[] }

/** Reads the origins of all pins of a content, as whoever asks for it may know where it is, and their accounts. */
export async function wantedBy(db: Database, cid: string): Promise<Wanted> {
  const rows = await db
    .select({ origins: pins.origins, account: pins.account })
    .from(pins)
    .where(eq(pins.cid, cid))
  return {
    origins: rows.flatMap(({ origins }) => origins),
    accounts: [...new Set(rows.map(({ account }) => account))],
  }
}

/** The oldest request for a content, if any pin is left. */
export async function requestIdOf(db: Database, cid: string): Promise<string | undefined> {
  const [oldest] = await db
    .select({ requestId: pins.requestId })
    .from(pins)
    .where(eq(pins.cid, cid))
    .orderBy(asc(pins.createdAt))
    .limit(1)
  return oldest?.requestId
}
