import type { EventDefinition } from '#libs/events/index.ts'
import { currentTraceContext } from '#libs/telemetry/index.ts'
import type { Database, Queries } from './connect-database.ts'
import { and, eq, sql } from './drizzle.ts'
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
  await tx.insert(outbox).values(rowOf(event, id, data, notBefore))
}

/** Like {@link addToOutbox}, unless the same event is in the outbox still. */
export async function repeatInOutbox<Data>(
  tx: Queries,
  event: EventDefinition<Data>,
  id: string,
  data: Data,
): Promise<void> {
  await tx
    .insert(outbox)
    .values(rowOf(event, id, data))
    .onConflictDoNothing()
}

function rowOf<Data>(event: EventDefinition<Data>, id: string, data: Data, notBefore?: Date) {
  const body = new TextDecoder().decode(event.encode(id, data))
  return {
    id,
    subject: event.subject,
    body,
    traceContext: currentTraceContext(),
    ...(notBefore ? { notBefore } : {}),
  }
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
  const { rows } = await db.$client.query<OutboxRow>({
    name: 'claim-outbox',
    text: `
      update outbox set claimed_by = $1, claimed_until = now() + $2 * interval '1 millisecond'
      where id in (
        select id from outbox where not_before <= now() and (claimed_until is null or claimed_until < now())
        order by not_before limit $3 for update skip locked)
      returning id, subject, body, trace_context as "traceContext", failures`,
    values: [relay, claimMs, limit],
  })
  return rows
}

/** Deletes rows that JetStream has acknowledged. */
export async function dropFromOutbox(db: Database, relay: string, ids: string[]): Promise<void> {
  await db.$client.query({
    name: 'drop-from-outbox',
    text: 'delete from outbox where id = any($1) and claimed_by = $2',
    values: [ids, relay],
  })
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
