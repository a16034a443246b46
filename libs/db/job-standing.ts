import type { Database } from './connect-database.ts'
import { and, eq, sql } from './drizzle.ts'
import type { Job } from './leases.ts'
import { jobs } from './schema.ts'

/** `leased`: a worker has the job; `done`: its result is stored; `idle`: neither, so it may never have been taken. */
export type JobStanding = 'leased' | 'done' | 'idle'

/** How a job stands, by Postgres' own clock. One that a worker had within the last `withinMs` counts as `leased`, too. */
export async function standingOf(
  db: Database,
  { cid, generation, step }: Job,
  withinMs = 0,
): Promise<JobStanding> {
  const [job] = await db
    .select({
      leased: sql<boolean>`${jobs.leaseUntil} > now() - ${withinMs} * interval '1 millisecond'`,
      done: sql<boolean>`${jobs.result} is not null`,
    })
    .from(jobs)
    .where(and(eq(jobs.cid, cid), eq(jobs.step, step), eq(jobs.generation, generation)))
  if (job?.leased) return 'leased'
  return job?.done ? 'done' : 'idle'
}
