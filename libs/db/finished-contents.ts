import type { Database } from './connect-database.ts'
import { sql } from './drizzle.ts'

/** Contents that ended in one minute. */
export type FinishedMinute = { at: Date; pinned: number; failed: number }

/**
 * How many contents became `pinned` and `failed` in each of the last `minutes` minutes, oldest first, empty ones too. One
 * that was unpinned since, or started anew, is not counted, nor one that was pinned before and is told of once more. Costs
 * one entry of an index, and its row, for each.
 */
export async function finishedByMinute(db: Database, minutes: number): Promise<FinishedMinute[]> {
  const first = sql`date_trunc('minute', now()) - ${minutes - 1} * interval '1 minute'`
  const { rows } = await db.execute<{ at: number; pinned: number; failed: number }>(sql`
    with finished as (
      select date_trunc('minute', case when state = 'pinned' then verified_at else changed_at end) as minute,
        count(*) filter (where state = 'pinned')::float8 as pinned,
        count(*) filter (where state = 'failed')::float8 as failed
      from contents where state in ('pinned', 'failed') and changed_at >= ${first}
        and (state = 'failed' or verified_at >= ${first}) group by 1
    )
    select extract(epoch from minute)::float8 as at, coalesce(pinned, 0) as pinned, coalesce(failed, 0) as failed
    from generate_series(${first}, now(), interval '1 minute') as minute left join finished using (minute)
    order by minute`)
  return rows.map(({ at, pinned, failed }) => ({ at: new Date(at * 1_000), pinned, failed }))
}
