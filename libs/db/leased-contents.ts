import type { Database } from './connect-database.ts'
import { and, eq, gt, inArray, sql } from './drizzle.ts'
import { jobs } from './schema.ts'

/** Those of the contents that a live worker fetches now. */
export async function leasedContents(db: Database, cids: readonly string[]): Promise<ReadonlySet<string>> {
  if (cids.length === 0) return new Set()
  const leased = await db
    .select({ cid: jobs.cid })
    .from(jobs)
    .where(and(inArray(jobs.cid, [...cids]), eq(jobs.step, 'fetch'), gt(jobs.leaseUntil, sql`now()`)))
  return new Set(leased.map(({ cid }) => cid))
}
