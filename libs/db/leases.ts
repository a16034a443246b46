import { and, eq, sql } from 'drizzle-orm'
import type { Failure } from '#libs/errors/index.ts'
import type { Database } from './connect-database.ts'
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
    claim: (job: Job) => claimJob(db, job, owner, leaseMs),
    /** Prolongs all in one query. Those that have ended are lost, too: a late heartbeat does not revive them. */
    renew: (leases: readonly Lease[]) => renewLeases(db, leases, leaseMs),
    /** Stores what the step produced. Throws {@link LeaseLostError} when the job is another worker's by now. */
    complete: (lease: Lease, result: unknown) => completeJob(db, lease, result),
    /** Counts a failure and ends the lease; returns the failures of this generation. Throws {@link LeaseLostError}. */
    fail: (lease: Lease, failure: Failure) => failJob(db, lease, failure),
    /** Ends the lease without a failure: the worker stops and another shall go on at once, or nobody shall. */
    release: (lease: Lease) => releaseJob(db, lease),
    /** Ends the lease without an attempt: nothing was done that the next one could find. */
    postpone: (lease: Lease) => postponeJob(db, lease),
  }
}

async function claimJob(db: Database, job: Job, owner: string, leaseMs: number): Promise<Claim> {
  const { cid, generation, step } = job
  const claimed = await db.execute<{ epoch: number; attempt: number; unreported: number }>(sql`
    insert into jobs as job (cid, step, generation, lease_owner, lease_epoch, lease_until, attempts)
    select cid, ${step}, generation, ${owner}, 1, now() + ${leaseMs} * interval '1 millisecond', 1
    from contents
    where cid = ${cid} and generation = ${generation} and state in ('queued', 'pinning')
    on conflict (cid, step) do update set
      generation = excluded.generation,
      lease_owner = excluded.lease_owner,
      lease_epoch = job.lease_epoch + 1,
      lease_until = excluded.lease_until,
      attempts = case when job.generation = excluded.generation then job.attempts + 1 else 1 end,
      failures = case when job.generation = excluded.generation then job.failures else 0 end,
      released = case when job.generation = excluded.generation then job.released else 0 end,
      result = case when job.generation = excluded.generation then job.result end
    where job.generation < excluded.generation
       or (job.generation = excluded.generation and job.lease_until <= now() and job.result is null)
    returning lease_epoch as epoch, attempts as attempt, attempts - 1 - failures - released as unreported`)
  const [lease] = claimed.rows
  if (lease) return { kind: 'leased', lease: { ...job, ...lease } }

  const found = await db.execute<{ current: boolean; leased: boolean; result: unknown }>(sql`
    select contents.generation = ${generation} and contents.state in ('queued', 'pinning') as current,
      job.cid is not null as leased, job.result
    from contents left join jobs as job
      on job.cid = contents.cid and job.step = ${step} and job.generation = ${generation}
    where contents.cid = ${cid} and contents.generation >= ${generation}`)
  const [other] = found.rows
  if (!other) return { kind: 'unknown' }
  if (!other.current || !other.leased) return { kind: 'obsolete' }
  return other.result === null ? { kind: 'held' } : { kind: 'done', result: other.result }
}

async function renewLeases(db: Database, leases: readonly Lease[], leaseMs: number): Promise<Renewal> {
  if (leases.length === 0) return { lost: [], unwanted: [] }
  const held = sql.join(
    leases.map(({ cid, step, epoch }) => sql`(${cid}, ${step}, ${epoch}::integer)`),
    sql`, `,
  )
  const renewed = await db.execute<{ cid: string; step: Step; wanted: boolean }>(sql`
    update jobs as job set lease_until = now() + ${leaseMs} * interval '1 millisecond'
    from contents
    where (job.cid, job.step, job.lease_epoch) in (${held}) and job.result is null and job.lease_until > now()
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
  const [job] = await db
    .update(jobs)
    .set({ failures: sql`${jobs.failures} + 1`, lastError: `${code}: ${message}`, leaseUntil: ended })
    .where(ownJob(lease))
    .returning({ failures: jobs.failures })
  if (!job) throw new LeaseLostError(lease)
  return job.failures
}

async function releaseJob(db: Database, lease: Lease): Promise<void> {
  await db
    .update(jobs)
    .set({ released: sql`${jobs.released} + 1`, leaseUntil: ended })
    .where(ownJob(lease))
}

async function postponeJob(db: Database, lease: Lease): Promise<void> {
  await db
    .update(jobs)
    .set({ attempts: sql`${jobs.attempts} - 1`, leaseUntil: ended })
    .where(ownJob(lease))
}
