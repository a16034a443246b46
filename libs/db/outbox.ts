import { and, eq, inArray, sql } from 'drizzle-orm'
import type { EventDefinition } from '#libs/events/index.ts'
import { currentTraceContext } from '#libs/telemetry/index.ts'
import type { Database, Queries } from './connect-database.ts'
import { outbox } from './schema.ts'

/** A row of the outbox that one relay may publish now. */
export type OutboxRow = {
  id: string
  subject: string
  body: string
  traceContext: Record<string, string>
  failures: number
}

/**
 * Adds an event to the outbox, with the active trace context. `tx` is the transaction of the rows it tells of. With
 * `notBefore` it is published then at the earliest.
 */
export async function addToOutbox<Data>(
  tx: Queries,
  event: EventDefinition<Data>,
  id: string,
  data: Data,
  notBefore?: Date,
): Promise<void> {
  const body = new TextDecoder().decode(event.encode(id, data))
  await tx.insert(outbox).values({
    id,
    subject: event.subject,
    body,
    traceContext: currentTraceContext(),
    ...(notBefore ? { notBefore } : {}),
  })
}

/**
 * Takes up to `limit` due rows for `claimMs`. The claim is committed before anything is published, so no row lock is
 * held over the network; a relay that dies leaves its rows to others once the claim ran out.
 */
export async function claimOutbox(
  db: Database,
  relay: string,
  limit: number,
  claimMs: number,
): Promise<OutboxRow[]> {
  const due = db
    .select({ id: outbox.id })
    .from(outbox)
    .where(
      sql`${outbox.notBefore} <= now() and (${outbox.claimedUntil} is null or ${outbox.claimedUntil} < now())`,
    )
    .orderBy(outbox.notBefore)
    .limit(limit)
    .for('update', { skipLocked: true })
  return db
    .update(outbox)
    .set({ claimedBy: relay, claimedUntil: sql`now() + ${claimMs} * interval '1 millisecond'` })
    .where(inArray(outbox.id, due))
    .returning({
      id: outbox.id,
      subject: outbox.subject,
      body: outbox.body,
      traceContext: outbox.traceContext,
      failures: outbox.failures,
    })
}

/** Deletes rows that JetStream has acknowledged. */
export async function dropFromOutbox(db: Database, relay: string, ids: string[]): Promise<void> {
  await db.delete(outbox).where(and(inArray(outbox.id, ids), eq(outbox.claimedBy, relay)))
}

/** Gives a row back after a failed publish, not to be tried again for `delayMs`. */
export async function postponeInOutbox(
  db: Database,
  relay: string,
  id: string,
  delayMs: number,
): Promise<void> {
  await db
    .update(outbox)
    .set({
      claimedBy: null,
      claimedUntil: null,
      failures: sql`${outbox.failures} + 1`,
      notBefore: sql`now() + ${delayMs} * interval '1 millisecond'`,
    })
    .where(and(eq(outbox.id, id), eq(outbox.claimedBy, relay)))
}
