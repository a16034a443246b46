import type { Queries } from './connect-database.ts'
import { and, gte, lt, or, type SQL, sql } from './drizzle.ts'
import { pins } from './schema.ts'

/** How many pins that match were created in which hour, by its start in ms since 1970. Hours without one are left out. */
export type HourlyCounts = ReadonlyMap<number, number>

/** What matches, and how often each hour of the account has changed, which is no less than the pins it has; if known. */
export type Counted = { pins: HourlyCounts; changes?: HourlyCounts }

/** Counts the pins of an account in the Pinning Service API that match `where`; `key` names what matches. */
export type CountByHour = (
  tx: Queries,
  query: { account: string; key: string; where: SQL | undefined },
) => Promise<Counted>

const hourMs = 3_600_000
/** More are counted by one look at all pins. */
const maxChangedHours = 100

/** Counts that were made, and how often each hour had changed when they were. */
type Remembered = Required<Counted>

/**
 * Counts by looking at every pin, and remembers what was slow to count. The next time only those hours are counted again
 * in which a pin was added, removed or changed its state since: the counters of pins tell how many changes each hour has
 * had. `tx` must be one snapshot, so that counts and changes are of the same moment; then the result is always exact.
 */
export function createCountByHour({ rememberFromMs = 20, maxRemembered = 16 } = {}): CountByHour {
  const memory = new Map<string, Remembered>()
  return async (tx, { account, key, where }) => {
    const id = JSON.stringify([account, key])
    const known = memory.get(id)
    const startedAt = performance.now()
    if (!known) {
      const counted = await countHours(tx, where)
      const countedAt = performance.now()
      if (countedAt - startedAt < rememberFromMs) return { pins: counted }
      const changes = await changesOf(tx, account)
      // Both took longer if the database is busy: what is faster to count than to look up is counted each time.
      if (countedAt - startedAt > performance.now() - countedAt || rememberFromMs === 0)
        remember({ changes, pins: counted })
      return { changes, pins: counted }
    }
    if ((await totalChanges(tx, account)) === sumOf(known.changes)) return remember(known)
    const changes = await changesOf(tx, account)
    return remember({ changes, pins: await countAgain(tx, where, known, changes) })

    function remember(remembered: Remembered): Remembered {
      // Written anew it is the youngest, so that the first is always the oldest.
      memory.delete(id)
      memory.set(id, remembered)
      if (memory.size > maxRemembered) memory.delete(memory.keys().next().value ?? '')
      return remembered
    }
  }
}

async function countAgain(
  tx: Queries,
  where: SQL | undefined,
  known: Remembered,
  changes: HourlyCounts,
): Promise<HourlyCounts> {
  const changed = [...changes.keys()].filter(hour => changes.get(hour) !== known.changes.get(hour))
  if (changed.length === 0) return known.pins
  if (changed.length > maxChangedHours) return countHours(tx, where)
  const counted = new Map(known.pins)
  for (const hour of changed) counted.delete(hour)
  for (const [hour, pins] of await countHours(tx, where, changed)) counted.set(hour, pins)
  return counted
}

/** In ms, and as a number: a driver gives the exact types as text. */
const inMs = (instant: SQL) => sql<number>`extract(epoch from ${instant})::float8 * 1000`

/** Counts in all hours, or in `hours` alone. */
async function countHours(
  tx: Queries,
  where: SQL | undefined,
  hours?: readonly number[],
): Promise<HourlyCounts> {
  const within = hours?.map(hour =>
    and(gte(pins.createdAt, new Date(hour)), lt(pins.createdAt, new Date(hour + hourMs))),
  )
  const rows = await tx
    .select({
      hour: inMs(sql`date_trunc('hour', ${pins.createdAt}, 'UTC')`),
      pins: sql<number>`count(*)::float8`,
    })
    .from(pins)
    .where(and(where, within && or(...within)))
    .groupBy(sql`1`)
  return new Map(rows.map(row => [row.hour, row.pins]))
}

const sumOf = (counts: HourlyCounts): number => counts.values().reduce((sum, count) => sum + count, 0)

/** The changes of all hours and states of an account, those that are not folded in yet included. */
const changesIn = (account: string) => {
  const counters = (table: SQL, changes: SQL) =>
    sql`select hour, ${changes} as changes from ${table} where account = ${account} and api = 'psa'`
  return sql`(${counters(sql`pin_counts`, sql`changes`)} union all ${counters(sql`pin_count_changes`, sql`1`)})`
}

/** It grows with every change: while it is the same, so is each hour. */
async function totalChanges(tx: Queries, account: string): Promise<number> {
  const { rows } = await tx.execute<{ changes: number }>(
    sql`select coalesce(sum(changes), 0)::float8 as changes from ${changesIn(account)} as counted`,
  )
  return rows[0]?.changes ?? 0
}

/** One row for all: there may be tens of thousands of hours. */
async function changesOf(tx: Queries, account: string): Promise<HourlyCounts> {
  const { rows } = await tx.execute<{ hours: number[] | null; changes: number[] | null }>(sql`
    select array_agg(${inMs(sql`hour`)}) as hours, array_agg(changes) as changes from (
      select hour, sum(changes)::float8 as changes from ${changesIn(account)} as counted group by hour
    ) as by_hour`)
  const { hours, changes } = rows[0] ?? {}
  return new Map(hours?.map((hour, i) => [hour, changes?.[i] ?? 0]))
}
