import { asc, eq } from 'drizzle-orm'
import type { Database } from './connect-database.ts'
import { pins } from './schema.ts'

/** Origins of all pins of a content: whoever asks for it may know where it is. */
export async function originsOf(db: Database, cid: string): Promise<string[]> {
  const rows = await db.select({ origins: pins.origins }).from(pins).where(eq(pins.cid, cid))
  return rows.flatMap(({ origins }) => origins)
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
