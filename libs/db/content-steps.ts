import type { Database } from './connect-database.ts'
import { and, asc, eq, sql } from './drizzle.ts'
import { jobs, type Step } from './schema.ts'

/** How often a step of a content was tried in a generation, and how it stands. */
export type StepRecord = {
  step: Step
  attempts: number
  failures: number
  outages: number
  released: number
  /** Of the last attempt that failed, as `code: message`. */
  lastError: string | null
  isDone: boolean
  /** Who has the lease; null when nobody has. */
  worker: string | null
}

/** The steps that a worker has taken so far, in their order. */
export const stepsOf = (
  db: Database,
  { cid, generation }: { cid: string; generation: number },
): Promise<StepRecord[]> =>
  db
    .select({
      step: jobs.step,
      attempts: jobs.attempts,
      failures: jobs.failures,
      outages: jobs.outages,
      released: jobs.released,
      lastError: jobs.lastError,
      isDone: sql<boolean>`${jobs.result} is not null`,
      worker: sql<
        string | null
      >`case when ${jobs.result} is null and ${jobs.leaseUntil} > now() then ${jobs.leaseOwner} end`,
    })
    .from(jobs)
    .where(and(eq(jobs.cid, cid), eq(jobs.generation, generation)))
    .orderBy(asc(jobs.step))
