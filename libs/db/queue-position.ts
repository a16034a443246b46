import type { Database } from './connect-database.ts'
import { and, eq, lt, sql } from './drizzle.ts'
import { contents } from './schema.ts'

/** How many contents were queued before this one and still are. */
export async function queuePosition(db: Database, queuedAt: Date): Promise<number> {
  const [ahead] = await db
    .select({ count: sql<string>`count(*)` })
    .from(contents)
    .where(and(eq(contents.state, 'queued'), lt(contents.queuedAt, queuedAt)))
  return Number(ahead?.count)
}

/**
 * The same for many contents in one look at the queue. Answers by the milliseconds of the times given.
 */
export async function queuePositions(
  db: Database,
  queuedAt: readonly Date[],
): Promise<ReadonlyMap<number, number>> {
  const times = [...new Set(queuedAt.map(time => time.getTime()))].sort((one, other) => one - other)
  const last = times.at(-1)
  if (last === undefined) return new Map()
  const limits = sql`array[${sql.join(
    times.map(time => sql`${new Date(time).toISOString()}::timestamptz`),
    sql`, `,
  )}]`
  // Bucket n holds what was queued at the n-th time or later, and before the next.
  const bucket = sql<number>`width_bucket(${contents.queuedAt}, ${limits})`.as('bucket')
  const counted = await db
    .select({ bucket, count: sql<string>`count(*)` })
    .from(contents)
    .where(and(eq(contents.state, 'queued'), lt(contents.queuedAt, new Date(last))))
    .groupBy(sql`bucket`)
  const counts = new Map(counted.map(row => [row.bucket, Number(row.count)]))
  let ahead = 0
  return new Map(times.map((time, earlier) => [time, (ahead += counts.get(earlier) ?? 0)]))
}
