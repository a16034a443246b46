import type { Database } from './connect-database.ts'
import { groupCalls } from './group-calls.ts'
import type { Claim, Job } from './leases.ts'
import type { Step } from './schema.ts'

/** One group is written to disk while the next is worked on. */
const limits = { maxRunning: 2, maxItems: 100 }

/** Claims jobs in the name of `owner`. Those that are claimed together are taken by one statement, and so one commit. */
export function createClaim(
  db: Database,
  { owner, leaseMs }: { owner: string; leaseMs: number },
): (job: Job) => Promise<Claim> {
  return groupCalls(async (jobs: readonly Job[]) => {
    const possible = jobs.filter(({ cid }) => printable.test(cid))
    const taken = await takeLeases(db, possible, { owner, leaseMs })
    const left = possible.filter(job => !taken.has(job))
    const found = left.length > 0 ? await lookAt(db, left) : new Map<Job, Claim>()
    return jobs.map(job => taken.get(job) ?? found.get(job) ?? { kind: 'unknown' as const })
  }, limits)
}

/** Nothing else is a CID, and what Postgres does not take as text must not keep a group from its leases. */
const printable = /^[\x21-\x7e]+$/

const keyOf = ({ cid, step, generation }: Job) => `${cid} ${step} ${generation}`

/** Of a job that is asked for twice the first one gets the lease. */
async function takeLeases(
  db: Database,
  jobs: readonly Job[],
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<Map<Job, Claim>> {
  const first = new Map(jobs.toReversed().map(job => [keyOf(job), job]))
  const { rows } = await db.$client.query<Job & { epoch: number; attempt: number; unreported: number }>({
    ...takeThem,
    values: [JSON.stringify([...first.values()]), owner, leaseMs],
  })
  return new Map(
    rows.flatMap(({ epoch, attempt, unreported, ...row }) => {
      const job = first.get(keyOf(row))
      return job ? [[job, { kind: 'leased', lease: { ...job, epoch, attempt, unreported } }] as const] : []
    }),
  )
}

const asked = 'json_to_recordset($1) as asked (cid text, step text, generation integer)'

/**
 * Only the current generation of a content can be leased, so no two rows of the statement have the same key. They are
 * taken in the order of their keys, so that two groups with the same ones never wait for each other.
 */
const takeThem = {
  name: 'take-leases',
  text: `
    insert into jobs as job (cid, step, generation, lease_owner, lease_epoch, lease_until, attempts)
    select cid, asked.step, generation, $2, 1, now() + $3 * interval '1 millisecond', 1
    from ${asked} join contents using (cid, generation)
    where state in ('queued', 'pinning')
    order by cid, asked.step
    on conflict (cid, step) do update set
      generation = excluded.generation,
      lease_owner = excluded.lease_owner,
      lease_epoch = job.lease_epoch + 1,
      lease_until = excluded.lease_until,
      attempts = case when job.generation = excluded.generation then job.attempts + 1 else 1 end,
      failures = case when job.generation = excluded.generation then job.failures else 0 end,
      outages = case when job.generation = excluded.generation then job.outages else 0 end,
      released = case when job.generation = excluded.generation then job.released else 0 end,
      result = case when job.generation = excluded.generation then job.result end
    where job.generation < excluded.generation
       or (job.generation = excluded.generation and job.lease_until <= now() and job.result is null)
    returning cid, step, generation, lease_epoch as epoch, attempts as attempt,
      attempts - 1 - failures - outages - released as unreported`,
}

type Found = {
  cid: string
  step: Step
  generation: number
  current: boolean
  leased: boolean
  result: unknown
}

/** Why these could not be leased. What is not in the answer is unknown. */
async function lookAt(db: Database, jobs: readonly Job[]): Promise<Map<Job, Claim>> {
  const { rows } = await db.$client.query<Found>({ ...lookAtThem, values: [JSON.stringify(jobs)] })
  const byKey = new Map(rows.map(row => [keyOf(row), row]))
  return new Map(
    jobs.flatMap(job => {
      const row = byKey.get(keyOf(job))
      return row ? [[job, claimOf(row)] as const] : []
    }),
  )
}

function claimOf({ current, leased, result }: Found): Claim {
  if (!current || !leased) return { kind: 'obsolete' }
  return result === null ? { kind: 'held' } : { kind: 'done', result }
}

const lookAtThem = {
  name: 'look-at-jobs',
  text: `
    select asked.cid, asked.step, asked.generation, job.cid is not null as leased, job.result,
      contents.generation = asked.generation and contents.state in ('queued', 'pinning') as current
    from ${asked}
    join contents on contents.cid = asked.cid and contents.generation >= asked.generation
    left join jobs as job
      on job.cid = asked.cid and job.step = asked.step and job.generation = asked.generation`,
}
