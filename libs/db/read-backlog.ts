import type { Database } from './connect-database.ts'
import { sql } from './drizzle.ts'
import type { ContentState, PinApi } from './schema.ts'

/** What waits, and since when; 0 s when nothing does. */
export type Backlog = {
  /** Counted to {@link maxCounted}; the age is that of the oldest of these, which are those that are due first. */
  outboxEvents: number
  outboxSeconds: number
  /** Since the content was queued that waits for a fetcher the longest. */
  queuedSeconds: number
}

/** While NATS is away the outbox grows without an end, and this is asked every few seconds. */
const maxCounted = 10_000

export async function readBacklog(db: Database): Promise<Backlog> {
  const { rows } = await db.execute<Backlog>(sql`
    select count(*)::float8 as "outboxEvents",
      coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "outboxSeconds",
      (select coalesce(extract(epoch from now() - min(queued_at)), 0)::float8 from contents where state = 'queued')
        as "queuedSeconds"
    from (select created_at from outbox order by not_before limit ${maxCounted}) as first`)
  const [backlog] = rows
  if (!backlog) throw new Error('an aggregate has a row')
  return backlog
}

/** The pins of all accounts. Reads the counters only: some rows for each hour in which an account has pinned. */
export async function countAllPins(
  db: Database,
): Promise<{ api: PinApi; state: ContentState; pins: number }[]> {
  const { rows } = await db.execute<{ api: PinApi; state: ContentState; pins: number }>(sql`
    select api, state, sum(pins)::float8 as pins from (
      select api, state, pins from pin_counts union all select api, state, pins from pin_count_changes
    ) as parts group by api, state`)
  return rows
}
