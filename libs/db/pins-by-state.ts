import type { Queries } from './connect-database.ts'
import { sql } from './drizzle.ts'
import { type ContentState, contentStates, type PinApi } from './schema.ts'

/** The exact number of pins of an account in each state. Reads the counters only: a row per state and hour of creation. */
export async function countPinsByState(
  db: Queries,
  { account, api }: { account: string; api: PinApi },
): Promise<Record<ContentState, number>> {
  const counted = sql`account = ${account} and api = ${api}`
  const { rows } = await db.execute<{ state: ContentState; pins: number }>(sql`
    select state, sum(pins)::float8 as pins from (
      select state, pins from pin_counts where ${counted} union all
      select state, pins from pin_count_changes where ${counted}
    ) as parts group by state`)
  const found = new Map(rows.map(({ state, pins }) => [state, pins]))
  return Object.fromEntries(contentStates.map(state => [state, found.get(state) ?? 0])) as Record<
    ContentState,
    number
  >
}
