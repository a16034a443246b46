import type { carIndexed, carValid, DataOf, pinFailed, pinStarted } from '#libs/events/index.ts'
import { metrics } from '#libs/telemetry/index.ts'
import type { Database } from './connect-database.ts'
import { and, eq, inArray, isNull, or, sql } from './drizzle.ts'
import { type ContentState, contents } from './schema.ts'

/**
 * The changes that events make to a content. Each is one guarded statement, so it may come twice, late, or after a
 * newer one: it changes nothing when the content has another generation or is past that state.
 */
export type ContentChanges = {
  started: (event: DataOf<typeof pinStarted>) => Promise<void>
  failed: (event: DataOf<typeof pinFailed>) => Promise<void>
  pinned: (event: DataOf<typeof carValid>) => Promise<void>
  indexed: (event: DataOf<typeof carIndexed>, at: Date) => Promise<void>
}

const running: ContentState[] = ['queued', 'pinning']

export function createContentChanges(db: Database): ContentChanges {
  const inGeneration = ({ cid, generation }: { cid: string; generation: number }) =>
    and(eq(contents.cid, cid), eq(contents.generation, generation))
  const now = sql`now()`

  return {
    async started(event) {
      await db
        .update(contents)
        .set({
          state: 'pinning',
          attempts: sql`greatest(${contents.attempts}, ${event.attempt})`,
          changedAt: now,
        })
        .where(and(inGeneration(event), inArray(contents.state, running)))
    },
    async failed(event) {
      const { code, message, missingCids } = event
      const changed = await db
        .update(contents)
        .set({ state: 'failed', failureCode: code, failureMessage: message, missingCids, changedAt: now })
        .where(and(inGeneration(event), inArray(contents.state, running)))
        .returning({ cid: contents.cid })
      if (changed.length > 0)
        metrics.contentsFinished.add(1, { 'pickup.pin.state': 'failed', 'error.type': code })
    },
    async pinned(event) {
      const [changed] = await db
        .update(contents)
        .set({
          // Also after a failure: the proof is there, whatever a worker reported before it. One that was unpinned
          // meanwhile stays so, but its CAR is known, and is deleted when its time has come.
          state: sql`case when ${contents.state} = 'unpinned' then 'unpinned' else 'pinned' end`,
          failureCode: null,
          failureMessage: null,
          missingCids: null,
          carCid: event.carCid,
          carBucket: event.car.bucket,
          carKey: event.car.key,
          carBytes: event.sizeBytes,
          blocks: event.blocks,
          dagBytes: event.dagBytes,
          rawBytes: event.rawBytes ?? null,
          verifiedAt: new Date(event.verifiedAt),
          // That time may have come already, by a key of an earlier generation: what is on its way out is not restored.
          carDeletionAt: sql`case when ${contents.state} = 'unpinned' then ${contents.carDeletionAt} end`,
          changedAt: now,
        })
        .where(
          and(
            inGeneration(event),
            or(
              inArray(contents.state, [...running, 'failed']),
              // Once only: a CAR that is known may be on its way out.
              and(eq(contents.state, 'unpinned'), isNull(contents.carCid)),
            ),
          ),
        )
        .returning({
          state: contents.state,
          seconds: sql<number>`extract(epoch from now() - queued_at)::float8`,
        })
      if (changed?.state !== 'pinned') return
      metrics.contentsFinished.add(1, { 'pickup.pin.state': 'pinned' })
      metrics.timeToPinned.record(changed.seconds)
    },
    async indexed(event, at) {
      await db
        .update(contents)
        .set({ bridgedAt: at, ...(event.announced ? { indexedAt: at } : {}) })
        .where(inGeneration(event))
    },
  }
}
