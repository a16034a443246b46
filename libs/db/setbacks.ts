import type { Database } from './connect-database.ts'
import { and, eq, gt, inArray, isNull, or, sql } from './drizzle.ts'
import { contents, jobs } from './schema.ts'

/** A step that has failed and will be tried again, or is being tried again. */
export type Setback = {
  /** Attempts that have begun, whatever became of them. */
  attempts: number
  /** Of the last failure: its code and what happened, as `code: message`. */
  lastError: string
  /** Nobody works on it now. */
  isWaiting: boolean
}

/** The setbacks of the contents among `cids` that are still worked on. Those without a failure so far have none. */
export async function setbacksOf(db: Database, cids: readonly string[]): Promise<Map<string, Setback>> {
  if (cids.length === 0) return new Map()
  const { attempts, lastError } = jobs
  const rows = await db
    .select({ cid: jobs.cid, attempts, lastError, isWaiting: sql<boolean>`${jobs.leaseUntil} <= now()` })
    .from(jobs)
    .innerJoin(contents, and(eq(contents.cid, jobs.cid), eq(contents.generation, jobs.generation)))
    .where(
      and(
        inArray(jobs.cid, [...cids]),
        inArray(contents.state, ['queued', 'pinning']),
        isNull(jobs.result),
        or(gt(jobs.failures, 0), gt(jobs.outages, 0)),
      ),
    )
  return new Map(rows.map(({ cid, ...setback }) => [cid, { ...setback, lastError: setback.lastError ?? '' }]))
}
