import type { Database } from './connect-database.ts'
import { sql } from './drizzle.ts'
import type { ContentState, PinApi } from './schema.ts'

/** A counter of pins that differs from the pins: by so much it must be changed. */
export type WrongCount = {
  account: string
  api: PinApi
  state: ContentState
  hour: string
  pins: number
  carBytes: number
}

/** Compares all counters with all pins, as of one moment. Reads every pin. */
export async function wrongCounts(db: Database): Promise<WrongCount[]> {
  const { rows } = await db.execute<WrongCount>(sql`
    select account, api, state, hour, sum(pins)::float8 as pins, sum(car_bytes)::float8 as "carBytes" from (
      select account, api, state, date_trunc('hour', created_at, 'UTC') as hour, count(*) as pins,
        coalesce(sum(car_bytes), 0) as car_bytes
      from pins group by 1, 2, 3, 4
      union all select account, api, state, hour, -pins, -car_bytes from pin_counts
      union all select account, api, state, hour, -pins, -car_bytes from pin_count_changes
    ) as differences
    group by account, api, state, hour having sum(pins) <> 0 or sum(car_bytes) <> 0
    order by account, api, state, hour limit 1000`)
  return rows
}

/** Adds what is missing. It stays missing whatever changes meanwhile: each change counts itself. */
export async function correctCount(
  db: Database,
  { account, api, state, hour, pins, carBytes }: WrongCount,
): Promise<void> {
  await db.execute(sql`insert into pin_count_changes (account, api, state, hour, pins, car_bytes)
    values (${account}, ${api}, ${state}, ${hour}, ${pins}, ${carBytes})`)
}
