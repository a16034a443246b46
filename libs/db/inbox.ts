import type { Database } from './connect-database.ts'
import { and, eq } from './drizzle.ts'
import { inbox } from './schema.ts'

/** Whether `consumer` has recorded this event as handled. */
export async function wasHandled(db: Database, consumer: string, eventId: string): Promise<boolean> {
  const rows = await db
    .select({ eventId: inbox.eventId })
    .from(inbox)
    .where(and(eq(inbox.consumer, consumer), eq(inbox.eventId, eventId)))
  return rows.length > 0
}

/** Records the event as handled. Repeating it changes nothing. */
export async function recordHandled(db: Database, consumer: string, eventId: string): Promise<void> {
  await db.insert(inbox).values({ consumer, eventId }).onConflictDoNothing()
}
