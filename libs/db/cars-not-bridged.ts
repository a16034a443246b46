import type { Database } from './connect-database.ts'
import { and, eq, inArray, sql } from './drizzle.ts'
import type { Delivery } from './quiet-contents.ts'
import { contents } from './schema.ts'

/** The event that told of a proven CAR, as the validator's result keeps it. */
export type CarNotBridged<Valid> = { cid: string; generation: number; valid: Valid }

/**
 * Pinned contents of which the indexer bridge has not said that it is done, though what told it of them is gone: see
 * `repeatQuietContents`. Oldest first.
 */
export async function carsNotBridged<Valid>(
  db: Database,
  {
    delivery: { streamMadeAt, deliveredBefore },
    quietMs,
    limit,
  }: { delivery: Delivery; quietMs: number; limit: number },
): Promise<CarNotBridged<Valid>[]> {
  const found = await db.execute<CarNotBridged<Valid>>(sql`
    select content.cid, content.generation, checked.result as valid
    from contents as content
    join jobs as checked
      on checked.cid = content.cid and checked.generation = content.generation and checked.step = 'validate'
    where content.state = 'pinned' and content.bridged_at is null and checked.result is not null
      and (
        content.changed_at < ${streamMadeAt.toISOString()}::timestamptz
        or content.changed_at
          + greatest(${quietMs} * interval '1 millisecond', (content.changed_at - content.queued_at) / 4)
          < least(now(), ${deliveredBefore.toISOString()}::timestamptz)
      )
    order by content.changed_at
    limit ${limit}`)
  return found.rows
}

/** The bridge was told of these again: not before the same time once more. */
export async function markToldAgain(db: Database, cids: readonly string[]): Promise<void> {
  await db
    .update(contents)
    .set({ changedAt: sql`now()` })
    .where(and(inArray(contents.cid, [...cids]), eq(contents.state, 'pinned')))
}
