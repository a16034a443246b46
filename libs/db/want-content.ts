import { currentTraceId } from '#libs/telemetry/index.ts'
import type { Queries } from './connect-database.ts'
import { type AnyPgColumn, eq, sql } from './drizzle.ts'
import { contents } from './schema.ts'

export type Content = typeof contents.$inferSelect

/** A delete that was sent to the store has ended, one way or the other, after this time. */
export const carDeletionMs = 60_000

/** The content as it is now, and whether a new generation began with it. */
export type WantedContent = { content: Content; started: boolean }

/** Unpinned, with its proven CAR still in the store and not about to go. */
const restorable = sql`(${contents.state} = 'unpinned' and ${contents.carCid} is not null and ${contents.carDeletionAt} is null)`
const keptIfRestorable = (column: AnyPgColumn) => sql`case when ${restorable} then ${column} end`

/**
 * Makes sure that a content is on its way to `pinned`, and locks its row until the transaction ends. One that is being
 * fetched or is pinned stays as it is; an unpinned one whose CAR is still stored is pinned again at once; any other
 * starts a new generation in the state `startIn`, for which the caller adds the job to the outbox.
 */
export async function wantContent(
  tx: Queries,
  cid: string,
  startIn: 'queued' | 'pinning',
): Promise<WantedContent> {
  const traceId = currentTraceId() ?? null
  const [changed] = await tx
    .insert(contents)
    .values({ cid, generation: 1, state: startIn, traceId })
    .onConflictDoUpdate({
      target: contents.cid,
      set: {
        generation: sql`${contents.generation} + case when ${restorable} then 0 else 1 end`,
        state: sql`case when ${restorable} then 'pinned' else ${startIn} end`,
        attempts: 0,
        failureCode: null,
        failureMessage: null,
        missingCids: null,
        carCid: keptIfRestorable(contents.carCid),
        // Bucket and key stay: whatever becomes of this generation, what lies there is to be found and deleted.
        carBytes: keptIfRestorable(contents.carBytes),
        blocks: keptIfRestorable(contents.blocks),
        dagBytes: keptIfRestorable(contents.dagBytes),
        rawBytes: keptIfRestorable(contents.rawBytes),
        verifiedAt: keptIfRestorable(contents.verifiedAt),
        indexedAt: keptIfRestorable(contents.indexedAt),
        bridgedAt: keptIfRestorable(contents.bridgedAt),
        traceId: sql`case when ${restorable} then ${contents.traceId} else ${traceId}::text end`,
        queuedAt: sql`now()`,
        changedAt: sql`now()`,
      },
      setWhere: sql`${contents.state} in ('failed', 'unpinned')`,
    })
    .returning()
  if (changed) return { content: changed, started: changed.state === startIn }
  const [shared] = await tx.select().from(contents).where(eq(contents.cid, cid))
  if (!shared) throw new Error(`content ${cid} vanished while it was wanted`)
  return { content: shared, started: false }
}

/** A new generation must not store a CAR that a delete from before could still take away. */
export const startNotBefore = ({ carDeletionAt }: Content): Date | undefined =>
  carDeletionAt ? new Date(carDeletionAt.getTime() + carDeletionMs) : undefined
