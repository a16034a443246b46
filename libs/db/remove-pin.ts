import { pinCancelled } from '#libs/events/index.ts'
import type { AcceptedPin } from './accept-pin.ts'
import type { Database, Queries } from './connect-database.ts'
import { and, eq, lte, type SQL, sql } from './drizzle.ts'
import { addToOutbox } from './outbox.ts'
import { contents, pins } from './schema.ts'
import type { Content } from './want-content.ts'

/**
 * Removes the ipfs-cluster pin of an account for a CID. Resolves with the pin as it was and its content as it is now,
 * or with undefined when there was none. With its last pin a content is `unpinned`, and running work on it is cancelled
 * by an event in the outbox.
 */
export const removeClusterPin = (
  db: Database,
  { account, cid }: { account: string; cid: string },
): Promise<AcceptedPin | undefined> =>
  removePin(db, cid, and(eq(pins.account, account), eq(pins.api, 'cluster')))

/** Removes a pin of the Pinning Service API. Resolves with undefined when the account has none with this id. */
export async function removePsaPin(
  db: Database,
  { account, requestId }: { account: string; requestId: string },
): Promise<AcceptedPin | undefined> {
  const which = and(eq(pins.requestId, requestId), eq(pins.account, account), eq(pins.api, 'psa'))
  const [found] = await db.select({ cid: pins.cid }).from(pins).where(which)
  return found && removePin(db, found.cid, which)
}

/** Removes a pin if it is still past its time: it may have been given a later one. Safe to repeat. */
export const removeExpiredPin = (
  db: Database,
  { requestId, cid }: { requestId: string; cid: string },
): Promise<AcceptedPin | undefined> =>
  removePin(db, cid, and(eq(pins.requestId, requestId), lte(pins.expiresAt, sql`now()`)))

/** Pins past their time, those that are longest first. */
export const expiredPins = (db: Database, limit: number): Promise<{ requestId: string; cid: string }[]> =>
  db
    .select({ requestId: pins.requestId, cid: pins.cid })
    .from(pins)
    .where(lte(pins.expiresAt, sql`now()`))
    .orderBy(pins.expiresAt)
    .limit(limit)

function removePin(db: Database, cid: string, which: SQL | undefined): Promise<AcceptedPin | undefined> {
  return db.transaction(async tx => {
    // Locked first, as everywhere: a pin that is accepted at the same time waits, and then starts a new generation.
    const [content] = await tx.select().from(contents).where(eq(contents.cid, cid)).for('update')
    if (!content) return undefined
    const [pin] = await tx
      .delete(pins)
      .where(and(eq(pins.cid, cid), which))
      .returning()
    return pin && { pin, content: (await releaseContent(tx, cid)) ?? content }
  })
}

/**
 * Unpins a content that no pin wants any more, and cancels running work on it by an event in the outbox. The caller
 * has locked its row. Resolves with undefined when a pin is left.
 */
export async function releaseContent(tx: Queries, cid: string): Promise<Content | undefined> {
  const [before] = await tx.select({ state: contents.state }).from(contents).where(eq(contents.cid, cid))
  const [unpinned] = await tx
    .update(contents)
    .set({ state: 'unpinned', changedAt: sql`now()` })
    .where(and(eq(contents.cid, cid), sql`not exists (select from ${pins} where ${pins.cid} = ${cid})`))
    .returning()
  if (unpinned && (before?.state === 'queued' || before?.state === 'pinning')) {
    const { generation } = unpinned
    await addToOutbox(tx, pinCancelled, `${cid}.${generation}.cancelled`, { cid, generation })
  }
  return unpinned
}
