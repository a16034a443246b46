import { type Failure, isOutage } from '#libs/errors/index.ts'
import { createClaim } from './claim-jobs.ts'
import type { Database } from './connect-database.ts'
import { and, eq, sql } from './drizzle.ts'
import { groupCalls } from './group-calls.ts'
import { jobs, type Step } from './schema.ts'

/** The step of one generation of a content. */
export type Job = { cid: string; generation: number; step: Step }

/**
 * The right to work on a job, until it runs out or a higher epoch is given. `unreported` counts the leases of this
 * generation before it that ended neither by a result, nor by a failure, nor by being given back: their workers died, or
 * were cut off from Postgres.
 */
export type Lease = Job & { epoch: number; attempt: number; unreported: number }

/**
 * What became of the attempt to take a job:
 * - `leased`: it is ours;
 * - `done`: the step has its result, only what follows from it may be missing;
 * - `held`: a live worker has it;
 * - `obsolete`: the content has a newer generation, or is final;
 * - `unknown`: this generation of the content never began.
 */
export type Claim =
  | { kind: 'leased'; lease: Lease }
  | { kind: 'done'; result: unknown }
  | { kind: 'held' }
  | { kind: 'obsolete' }
  | { kind: 'unknown' }

/** What a heartbeat found: leases that it could not prolong, and those of a generation that nobody wants any more. */
export type Renewal = { lost: Lease[]; unwanted: Lease[] }

/** The lease was lost: another worker has the job, so this one must neither write nor publish any more. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError'
  constructor({ cid, step, epoch }: Lease) {
    super(`the lease of ${step} ${cid}, epoch ${epoch}, was lost`)
  }
}

/** The leases of one worker process. */
export type Leases = ReturnType<typeof leasesOf>

/**
 * Gives and takes leases in the name of `owner`. A lease ends by itself `leaseMs` after it was given or prolonged.
 * Times are Postgres' own, so that the clocks of workers do not matter.
 */
export function leasesOf(db: Database, { owner, leaseMs }: { owner: string; leaseMs: number }) {
  return {
    claim: createClaim(db, { owner, leaseMs }),
    /** Prolongs all in one query. Those that have ended are lost, too: a late heartbeat does not revive them. */
    renew: (leases: readonly Lease[]) => renewLeases(db, leases, leaseMs),
    /** Stores what the step produced. Throws {@link LeaseLostError} when the job is another worker's by now. */
    complete: (lease: Lease, result: unknown) => completeJob(db, lease, result),
    /**
     * Counts a failure and ends the lease; returns how many failures of its kind, of the content or by an outage, this
     * generation has had. Throws {@link LeaseLostError}.
     */
    fail: (lease: Lease, failure: Failure) => failJob(db, lease, failure),
    /** Ends the lease without a failure: the worker stops and another shall go on at once, or nobody shall. */
    release: (lease: Lease) => releaseJob(db, lease),
    /** Ends the lease without an attempt: nothing was done that the next one could find. */
    postpone: groupCalls((leases: readonly Lease[]) => postponeJobs(db, leases), {
      maxRunning: 1,
      maxItems: 500,
    }),
  }
}

async function renewLeases(db: Database, leases: readonly Lease[], leaseMs: number): Promise<Renewal> {
  if (leases.length === 0) return { lost: [], unwanted: [] }
  const renewed = await db.execute<{ cid: string; step: Step; wanted: boolean }>(sql`
    update jobs as job set lease_until = now() + ${leaseMs} * interval '1 millisecond'
    from contents, (${lockJobs(leases)}) as own
    where job.cid = own.cid and job.step = own.step and job.result is null and job.lease_until > now()
      and contents.cid = job.cid
    returning job.cid, job.step,
      contents.generation = job.generation and contents.state in ('queued', 'pinning') as wanted`)
  const found = leases.map(lease => ({
    lease,
    row: renewed.rows.find(({ cid, step }) => cid === lease.cid && step === lease.step),
  }))
  return {
    lost: found.flatMap(({ lease, row }) => (row ? [] : [lease])),
    unwanted: found.flatMap(({ lease, row }) => (row && !row.wanted ? [lease] : [])),
  }
}

// Cut to the column's precision: rounded up, it would lie ahead of the worker that comes at once.
const ended = sql`date_trunc('milliseconds', now())`

const ownJob = ({ cid, step, epoch }: Lease) =>
  and(eq(jobs.cid, cid), eq(jobs.step, step), eq(jobs.leaseEpoch, epoch))

async function completeJob(db: Database, lease: Lease, result: unknown): Promise<void> {
  const done = await db
    .update(jobs)
    .set({ result, leaseUntil: ended })
    .where(ownJob(lease))
    .returning({ cid: jobs.cid })
  if (done.length === 0) throw new LeaseLostError(lease)
}

async function failJob(db: Database, lease: Lease, { code, message }: Failure): Promise<number> {
  const kind = isOutage(code) ? 'outages' : 'failures'
  const [job] = await db
    .update(jobs)
    .set({ [kind]: sql`${jobs[kind]} + 1`, lastError: `${code}: ${message}`, leaseUntil: ended })
    .where(ownJob(lease))
    .returning({ count: jobs[kind] })
  if (!job) throw new LeaseLostError(lease)
  return job.count
}

async function releaseJob(db: Database, lease: Lease): Promise<void> {
  await db
    .update(jobs)
    .set({ released: sql`${jobs.released} + 1`, leaseUntil: ended })
    .where(ownJob(lease))
}

/** Each item gets an answer, though there is nothing to tell. */
async function postponeJobs(db: Database, leases: readonly Lease[]): Promise<void[]> {
  await db.execute(sql`
    update jobs as job set attempts = attempts - 1, lease_until = ${ended}
    from (${lockJobs(leases)}) as own where job.cid = own.cid and job.step = own.step`)
  return leases.map(() => undefined)
}

/** Locks the jobs under these leases in the order in which they are claimed: two statements never wait for each other. */
const lockJobs = (leases: readonly Lease[]) => sql`
  select cid, step from jobs
  where (cid, step, lease_epoch) in (
    select cid, step, epoch
    from json_to_recordset(${JSON.stringify(leases)}) as lease (cid text, step text, epoch integer)
  )
  order by cid, step for update`
