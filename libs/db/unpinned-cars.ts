import type { Database, Queries } from './connect-database.ts'
import { and, eq, inArray, isNotNull, lte, sql } from './drizzle.ts'
import { contents } from './schema.ts'
import { carDeletionMs } from './want-content.ts'

/** A stored CAR that nobody has pinned for long enough. */
export type UnpinnedCar = { cid: string; generation: number; bucket: string; key: string }

const longAgo = (ms: number) => sql`now() - ${ms} * interval '1 millisecond'`

/**
 * Takes CARs in `bucket` that were unpinned `graceMs` ago or earlier, to delete them. From now on a new pin fetches the content
 * again, and its fetch begins after {@link carDeletionMs}: within that time the delete must have ended. A CAR that was
 * taken and not forgotten is given again after the same time.
 */
export async function takeUnpinnedCars(
  db: Database,
  { bucket, graceMs, limit }: { bucket: string; graceMs: number; limit: number },
): Promise<UnpinnedCar[]> {
  const due = db
    .select({ cid: contents.cid })
    .from(contents)
    .where(
      and(
        eq(contents.state, 'unpinned'),
        isNotNull(contents.carKey),
        eq(contents.carBucket, bucket),
        lte(contents.changedAt, longAgo(graceMs)),
        sql`(${contents.carDeletionAt} is null or ${contents.carDeletionAt} <= ${longAgo(carDeletionMs)})`,
      ),
    )
    .orderBy(contents.changedAt)
    .limit(limit)
    .for('update', { skipLocked: true })
  const taken = await db
    .update(contents)
    .set({ carDeletionAt: sql`now()` })
    .where(inArray(contents.cid, due))
    .returning({
      cid: contents.cid,
      generation: contents.generation,
      bucket: contents.carBucket,
      key: contents.carKey,
    })
  return taken.map(car => ({ ...car, bucket: car.bucket ?? '', key: car.key ?? '' }))
}

/**
 * The CAR is deleted, and no attempt to delete it is under way any more: the content has no receipt, and a new pin need
 * not wait. A new generation begins, so that events of the one that had the CAR do not bring the receipt back. Changes
 * nothing when it was pinned again meanwhile. Safe to repeat.
 */
export async function forgetCar(db: Queries, { cid, generation }: UnpinnedCar): Promise<void> {
  await db
    .update(contents)
    .set({
      generation: generation + 1,
      carDeletionAt: null,
      carCid: null,
      carBucket: null,
      carKey: null,
      carBytes: null,
      blocks: null,
      dagBytes: null,
      rawBytes: null,
      verifiedAt: null,
      indexedAt: null,
      bridgedAt: null,
    })
    .where(and(eq(contents.cid, cid), eq(contents.generation, generation), eq(contents.state, 'unpinned')))
}
