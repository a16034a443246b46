import type { Queries } from './connect-database.ts'
import { sql } from './drizzle.ts'
import type { ContentState, PinApi } from './schema.ts'

/** What is counted: pins of an account, by the API they came through if that is given. */
export type Counted = {
  account: string
  api?: PinApi
  states: readonly ContentState[]
  /** Created strictly before, or strictly after. */
  before?: Date | undefined
  after?: Date | undefined
}

/**
 * The exact number of pins and of bytes of their CARs. Costs one row per hour in which pins were created, and a scan
 * of the two hours in which a range of times begins and ends; never a scan of all pins.
 */
export async function countPins(
  db: Queries,
  { account, api, states, before, after }: Counted,
): Promise<{ pins: number; carBytes: number }> {
  const counted = sql`account = ${account} and state in ${states} and ${api ? sql`api = ${api}` : sql`true`}`
  // Whole hours come from the counters, the rest of the range from the pins themselves.
  const from = sql`date_trunc('hour', ${after?.toISOString() ?? '-infinity'}::timestamptz, 'UTC') + interval '1 hour'`
  const until = sql`date_trunc('hour', ${before?.toISOString() ?? 'infinity'}::timestamptz, 'UTC')`
  const inWholeHours = sql`${counted} and hour >= ${from} and hour < ${until}`
  const edges = [
    ...(after
      ? [
          sql`created_at > ${after.toISOString()} and created_at < least(${from}, ${before?.toISOString() ?? 'infinity'}::timestamptz)`,
        ]
      : []),
    ...(before
      ? [
          sql`created_at >= greatest(${until}, ${after ? from : sql`'-infinity'::timestamptz`}) and created_at < ${before.toISOString()}`,
        ]
      : []),
  ]
  const fromPins = edges.map(
    edge =>
      sql`union all select count(*), coalesce(sum(car_bytes), 0) from pins where ${counted} and ${edge}`,
  )
  const { rows } = await db.execute<{ pins: string; car_bytes: string }>(sql`
    select coalesce(sum(pins), 0) as pins, coalesce(sum(car_bytes), 0) as car_bytes from (
      select sum(pins) as pins, sum(car_bytes) as car_bytes from pin_counts where ${inWholeHours}
      union all
      select sum(pins), sum(car_bytes) from pin_count_changes where ${inWholeHours}
      ${sql.join(fromPins, sql` `)}
    ) as parts`)
  return { pins: Number(rows[0]?.pins), carBytes: Number(rows[0]?.car_bytes) }
}

/** Whether an account that is none of `accounts` has queued pins. Reads the counters only. */
export async function otherAccountsQueue(db: Queries, accounts: readonly string[]): Promise<boolean> {
  const queued = sql`state = 'queued' and account <> all(${sql.param([...accounts])}::text[])`
  const { rows } = await db.execute(sql`
    select account from (
      select account, pins from pin_counts where ${queued} union all
      select account, pins from pin_count_changes where ${queued}
    ) as parts group by account having sum(pins) > 0 limit 1`)
  return rows.length > 0
}

/**
 * Brings the counters up to date with what changed; readers see the same sum before and after. Resolves with how many
 * changes were folded in. Several may run at once.
 */
export async function foldPinCounts(db: Queries, limit: number): Promise<number> {
  const { rows } = await db.execute<{ folded: string }>(sql`
    with due as (
      select id from pin_count_changes order by id limit ${limit} for update skip locked
    ), taken as (
      delete from pin_count_changes where id in (select id from due) returning account, api, state, hour, pins, car_bytes
    ), summed as (
      select account, api, state, hour, sum(pins) as pins, sum(car_bytes) as car_bytes, count(*) as changes
      from taken group by account, api, state, hour order by account, api, state, hour
    ), written as (
      insert into pin_counts as counts (account, api, state, hour, pins, car_bytes, changes)
      select account, api, state, hour, pins, car_bytes, changes from summed
      on conflict (account, api, state, hour) do update
        set pins = counts.pins + excluded.pins, car_bytes = counts.car_bytes + excluded.car_bytes,
          changes = counts.changes + excluded.changes
      returning 1
    )
    select count(*) as folded from taken`)
  return Number(rows[0]?.folded)
}
