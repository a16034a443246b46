import { carUploaded, type DataOf, pinRequested } from '#libs/events/index.ts'
import type { Database, Queries } from './connect-database.ts'
import { inArray, sql } from './drizzle.ts'
import { repeatInOutbox } from './outbox.ts'
import { contents } from './schema.ts'

/** What NATS tells of the messages of one consumer. */
export type Delivery = {
  /** Messages from before are gone: the stream was made then. */
  streamMadeAt: Date
  /** Messages from before were delivered once at least. */
  deliveredBefore: Date
}

/** Where messages of the steps wait: jobs of both steps, and the events that status reads. */
export type Deliveries = { fetcher: Delivery; validator: Delivery; status: Delivery }

type Staged = Omit<DataOf<typeof carUploaded>, 'cid' | 'generation'>
/** A content, and the result of its fetch when it has one. */
export type QuietContent = { cid: string; generation: number; staged: Staged | null }

type Quiet = {
  deliveries: Deliveries
  /** Longer than a worker or a retry may stay silent. */
  quietMs: number
  limit: number
}

/**
 * Sends again what contents wait for whose message is gone, and returns how many there were. A message is taken for gone
 * when it is older than its stream; or when it was delivered and nothing was heard of it since, neither by a worker nor
 * by a lease, for `quietMs` and for a quarter of the time that the content is on its way. A message that is not gone after
 * all is harmless when it comes twice. What is sent: `car.uploaded` where the fetch has its result, from which a
 * validator that was done tells its result again; else `pin.requested`.
 */
export async function repeatQuietContents(db: Database, quiet: Quiet): Promise<number> {
  return db.transaction(async tx => {
    const found = await lockQuietContents(tx, quiet)
    await sendAgain(tx, found)
    return found.length
  })
}

async function lockQuietContents(
  tx: Queries,
  { deliveries: { fetcher, validator, status }, quietMs, limit }: Quiet,
): Promise<QuietContent[]> {
  const at = (date: Date) => sql`${date.toISOString()}::timestamptz`
  const quietTime = sql`${quietMs} * interval '1 millisecond'`
  const byStep = (events: Date, validation: Date, fetch: Date) =>
    sql`case when checked.result is not null then ${at(events)}
             when fetched.result is not null then ${at(validation)} else ${at(fetch)} end`
  const found = await tx.execute<QuietContent>(sql`
    select content.cid, content.generation, fetched.result as staged
    from contents as content
    left join jobs as fetched
      on fetched.cid = content.cid and fetched.generation = content.generation and fetched.step = 'fetch'
    left join jobs as checked
      on checked.cid = content.cid and checked.generation = content.generation and checked.step = 'validate'
    cross join lateral (
      select greatest(content.changed_at, fetched.lease_until, checked.lease_until) as at,
        case when checked.result is not null then checked.lease_until
             when fetched.result is not null then greatest(content.changed_at, fetched.lease_until)
             else content.changed_at end as sent_before
    ) as heard
    where (content.state = 'pinning' or (content.state = 'queued' and content.changed_at < ${at(fetcher.deliveredBefore)}))
      and not coalesce(fetched.lease_until > now(), false) and not coalesce(checked.lease_until > now(), false)
      and (
        heard.sent_before < ${byStep(status.streamMadeAt, validator.streamMadeAt, fetcher.streamMadeAt)}
        or heard.at + greatest(${quietTime}, (heard.at - content.queued_at) / 4)
          < least(now(), ${byStep(status.deliveredBefore, validator.deliveredBefore, fetcher.deliveredBefore)})
      )
    order by content.changed_at
    limit ${limit}
    for update of content skip locked`)
  return found.rows
}

/** Puts into the outbox what the contents wait for. */
export async function sendAgain(tx: Queries, found: readonly QuietContent[]): Promise<void> {
  if (found.length === 0) return
  for (const { cid, generation, staged } of found) {
    const job = { cid, generation }
    if (staged) await repeatInOutbox(tx, carUploaded, `${cid}.${generation}.uploaded`, { ...job, ...staged })
    else await repeatInOutbox(tx, pinRequested, `${cid}.${generation}.requested`, job)
  }
  const cids = found.map(({ cid }) => cid)
  await tx.update(contents).set({ changedAt: sql`now()` }).where(inArray(contents.cid, cids))
}
