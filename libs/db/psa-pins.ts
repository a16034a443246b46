import type { AcceptedPin } from './accept-pin.ts'
import type { Database, Queries } from './connect-database.ts'
import { and, desc, eq, gte, inArray, lt, or, type SQL, sql } from './drizzle.ts'
import { createCountByHour, type HourlyCounts } from './hourly-counts.ts'
import { countPins } from './pin-counts.ts'
import { createdBetween, matching, ofAccount, type PsaFilter } from './psa-filter.ts'
import { contents, pins } from './schema.ts'

/** A page of pins, and the exact number of all that match, on whatever page. */
export type PsaPage = { count: number; page: AcceptedPin[] }

/**
 * Lists the newest pins of an account that match. Page and count come from one snapshot, and the count is exact. Without
 * a filter by CID, name or metadata it comes from counters; else matches are counted, and what was slow to count is
 * remembered by hour, which also tells how far back a page reaches.
 */
export function createPsaPins(db: Database, countByHour = createCountByHour()) {
  return (account: string, filter: PsaFilter, limit: number): Promise<PsaPage> =>
    db.transaction(
      tx => {
        const isNarrowed = filter.cids ?? filter.name ?? filter.meta
        return isNarrowed ? searchPins(tx, account, filter, limit) : pinsByState(tx, account, filter, limit)
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    )

  async function searchPins(tx: Queries, account: string, filter: PsaFilter, limit: number) {
    const where = matching(account, filter)
    const { before: _before, after: _after, ...key } = filter
    const { pins: hours, changes } = await countByHour(tx, { account, key: JSON.stringify(key), where })
    const range = wholeHours(filter)
    const inRange = [...hours].filter(([hour]) => hour >= range.from && hour < range.until)
    const whole = inRange.reduce((sum, [, count]) => sum + count, 0)
    const count = whole + (await countEdges(tx, where, filter, range))
    if (count === 0) return { count, page: [] }
    const since = reachesBackTo(inRange, limit)
    const within = and(createdBetween(filter), since && gte(pins.createdAt, since))
    const isNear =
      since !== undefined && changes !== undefined && pinsSince(changes, since) <= maxPinsLookedAt
    const ofPage = isNear ? amongNewest(account, within, where, limit) : and(where, within)
    return { count, page: await readPage(tx, ofPage, limit) }
  }
}

const hourMs = 3_600_000

/** The whole hours between the times of a filter, as the start of the first and the end of the last. */
function wholeHours({ before, after }: PsaFilter) {
  const from = after ? Math.floor(after.getTime() / hourMs) * hourMs + hourMs : -Infinity
  const until = before ? Math.floor(before.getTime() / hourMs) * hourMs : Infinity
  return { from, until }
}

/** Matches in the hours that the range begins and ends in. */
async function countEdges(
  tx: Queries,
  where: SQL | undefined,
  { before, after }: PsaFilter,
  { from, until }: { from: number; until: number },
): Promise<number> {
  if (!before && !after) return 0
  const outside =
    from < until
      ? or(after && lt(pins.createdAt, new Date(from)), before && gte(pins.createdAt, new Date(until)))
      : undefined
  const [row] = await tx
    .select({ count: sql<string>`count(*)` })
    .from(pins)
    .where(and(where, createdBetween({ before, after }), outside))
  return Number(row?.count)
}

/** Since when the newest `limit` pins were created, at the latest. Undefined when there are not as many. */
function reachesBackTo(inRange: (readonly [number, number])[], limit: number): Date | undefined {
  let found = 0
  for (const [hour, count] of inRange.toSorted(([one], [other]) => other - one)) {
    found += count
    if (found >= limit) return new Date(hour)
  }
  return undefined
}

/** To look at so many pins in the order of their time is quick, where an index of names may lead to far more. */
const maxPinsLookedAt = 10_000

/** At most: an hour has no more pins than changes. */
const pinsSince = (changes: HourlyCounts, since: Date): number =>
  changes.entries().reduce((sum, [hour, count]) => (hour >= since.getTime() ? sum + count : sum), 0)

/** The planner does not know how near the matches are: `offset 0` keeps it from another index than that of the times. */
const amongNewest = (account: string, within: SQL | undefined, where: SQL | undefined, limit: number): SQL =>
  sql`${pins.requestId} in (
    select request_id from (select * from ${pins} where ${and(ofAccount(account), within)} offset 0) as ${pins}
    where ${where} order by created_at desc limit ${limit})`

async function pinsByState(tx: Queries, account: string, filter: PsaFilter, limit: number): Promise<PsaPage> {
  const { states, before, after } = filter
  // The newest of each state first: together they are in no index, and those of a state may all be old.
  const newest = sql`select newest.request_id from unnest(${sql.param([...states])}::text[]) as wanted(state),
    lateral (
      select ${pins.requestId} from ${pins}
      where ${and(ofAccount(account), createdBetween(filter))} and ${pins.state} = wanted.state
      order by ${pins.createdAt} desc limit ${limit}
    ) as newest`
  const page = await readPage(tx, sql`${pins.requestId} in (${newest})`, limit)
  if (page.length < limit) return { count: page.length, page }
  const counted = await countPins(tx, { account, api: 'psa', states, before, after })
  return { count: counted.pins, page }
}

const readPage = (tx: Queries, where: SQL | undefined, limit: number): Promise<AcceptedPin[]> =>
  tx
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(where)
    .orderBy(desc(pins.createdAt))
    .limit(limit)

/** A pin of the account by its request id. */
export async function findPsaPin(
  db: Database,
  { account, requestId }: { account: string; requestId: string },
): Promise<AcceptedPin | undefined> {
  const [found] = await findPsaPins(db, { account, requestIds: [requestId] })
  return found
}

/** The pins of the account among `requestIds`. */
export const findPsaPins = (
  db: Database,
  { account, requestIds }: { account: string; requestIds: readonly string[] },
): Promise<AcceptedPin[]> =>
  db
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(and(eq(pins.account, account), eq(pins.api, 'psa'), inArray(pins.requestId, [...requestIds])))

/** The pins of an account that were accepted under these idempotency keys. */
export const findKeyedPins = (
  db: Database,
  { account, keys }: { account: string; keys: readonly string[] },
): Promise<AcceptedPin[]> =>
  db
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(and(eq(pins.account, account), inArray(pins.idempotencyKey, [...keys])))
