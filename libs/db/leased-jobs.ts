import type { Database } from './connect-database.ts'
import { and, eq, gt, isNull, sql } from './drizzle.ts'
import { contents, jobs, type Step } from './schema.ts'

/** A job that a worker has now. */
export type LeasedJob = { cid: string; step: Step; worker: string }

/**
 * Up to `limit` jobs that workers have now, of contents whose work has begun. Looks at those contents alone, which are
 * no more than workers hold and those between two attempts.
 */
export const leasedJobs = (db: Database, limit: number): Promise<LeasedJob[]> =>
  db
    .select({ cid: jobs.cid, step: jobs.step, worker: jobs.leaseOwner })
    .from(contents)
    .innerJoin(jobs, and(eq(jobs.cid, contents.cid), eq(jobs.generation, contents.generation)))
    .where(and(eq(contents.state, 'pinning'), gt(jobs.leaseUntil, sql`now()`), isNull(jobs.result)))
    .limit(limit)
