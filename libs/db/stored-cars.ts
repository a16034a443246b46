import { wantFetched } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { and, eq, sql } from './drizzle.ts'
import { contents } from './schema.ts'
import { forgetCar } from './unpinned-cars.ts'

/** A CAR that a content says it has. */
export type CarRow = { key: string; cid: string; generation: number; verifiedAt: Date | null }

const pageRows = 1_000

/** Every CAR that a content in `bucket` has a receipt of, in the order of the bytes of the keys, in pages. */
export async function* carRows(db: Database, bucket: string): AsyncGenerator<CarRow> {
  let after = ''
  for (;;) {
    const page = await db.execute<{
      key: string
      cid: string
      generation: number
      verified_at: string | null
    }>(sql`
      select car_key as key, cid, generation, verified_at from contents
      where car_key is not null and car_key collate "C" > ${after} and car_bucket = ${bucket} and car_cid is not null
        and state in ('pinned', 'unpinned') and car_deletion_at is null
      order by car_key collate "C" limit ${pageRows}`)
    for (const { verified_at, ...row } of page.rows)
      yield { ...row, verifiedAt: verified_at === null ? null : new Date(verified_at) }
    const last = page.rows.at(-1)
    if (!last) return
    after = last.key
  }
}

/** Whether any content, in whatever state, knows of the object: it will be deleted in its time, if not kept. */
export async function isCarKnown(
  db: Database,
  { bucket, key }: { bucket: string; key: string },
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select from contents where car_key is not null and car_key collate "C" = ${key} and car_bucket = ${bucket}`)
  return rows.length > 0
}

/**
 * Makes a CAR that nobody knows of one of an unpinned content, which status deletes in its time unless somebody pins it;
 * the content is then fetched and proven again. False when the content is on its way, or has another CAR.
 */
export async function adoptCar(
  db: Database,
  { cid, bucket, key }: { cid: string; bucket: string; key: string },
): Promise<boolean> {
  const car = { carBucket: bucket, carKey: key }
  const adopted = await db
    .insert(contents)
    .values({ cid, generation: 1, state: 'unpinned', ...car })
    .onConflictDoUpdate({
      target: contents.cid,
      set: {
        ...car,
        // So that an event of the generation that made the CAR does not make it restorable while it is being deleted.
        generation: sql`${contents.generation} + case when ${contents.state} = 'unpinned' then 1 else 0 end`,
        changedAt: sql`now()`,
      },
      setWhere: sql`${contents.state} in ('unpinned', 'failed') and ${contents.carKey} is null`,
    })
    .returning({ cid: contents.cid })
  return adopted.length > 0
}

/**
 * The store has lost the CAR: a content that is pinned is fetched again as a new generation, and one that is unpinned
 * forgets the CAR, so that no pin relies on it. False when the content has changed meanwhile.
 */
export async function replaceLostCar(db: Database, { cid, generation, key }: CarRow): Promise<boolean> {
  return db.transaction(async tx => {
    const lost = and(eq(contents.cid, cid), eq(contents.generation, generation), eq(contents.carKey, key))
    const [content] = await tx.select().from(contents).where(lost).for('update')
    if (content?.state === 'unpinned') {
      await forgetCar(tx, { cid, generation, bucket: content.carBucket ?? '', key })
      return true
    }
    if (content?.state !== 'pinned') return false
    // Only what is failed or unpinned starts a generation.
    await tx
      .update(contents)
      .set({ state: 'failed', failureCode: 'internal', failureMessage: 'the store has lost the CAR' })
      .where(lost)
    await wantFetched(tx, cid)
    return true
  })
}
