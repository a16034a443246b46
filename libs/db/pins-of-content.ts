import type { Database } from './connect-database.ts'
import { asc, eq, inArray, sql } from './drizzle.ts'
import { groupCalls } from './group-calls.ts'
import { contents, pins } from './schema.ts'

/**
 * What all pins of a content say together: where it may be, and whose it is; and how long ago this generation was queued,
 * unless no pin is left.
 */
export type Wanted = { origins: string[]; accounts: string[]; queuedForMs: number | undefined }

/**
 * Reads the origins of all pins of a content, as whoever asks for it may know where it is, and their accounts. Contents that
 * are asked about together are looked up in one query.
 */
export const createWantedBy = (db: Database): ((cid: string) => Promise<Wanted>) =>
  groupCalls(
    async (cids: readonly string[]) => {
      const rows = await db
        .select({
          cid: pins.cid,
          origins: pins.origins,
          account: pins.account,
          queuedForMs: sql<number>`extract(epoch from now() - ${contents.queuedAt})::float8 * 1000`,
        })
        .from(pins)
        .innerJoin(contents, eq(contents.cid, pins.cid))
        .where(inArray(pins.cid, [...new Set(cids)]))
      const byCid = Map.groupBy(rows, ({ cid }) => cid)
      return cids.map(cid => {
        const found = byCid.get(cid) ?? []
        return {
          origins: found.flatMap(({ origins }) => origins),
          accounts: [...new Set(found.map(({ account }) => account))],
          queuedForMs: found[0]?.queuedForMs,
        }
      })
    },
    { maxRunning: 2, maxItems: 100 },
  )

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
