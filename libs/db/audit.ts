import type { Queries } from './connect-database.ts'
import { and, eq, inArray } from './drizzle.ts'
import { type AuditAction, audit } from './schema.ts'

/** Something that a person did. `actor` is the person, by the way in: `cli:alice`. */
export type AuditEntry = {
  actor: string
  action: AuditAction
  subject: string
  outcome: string
  details?: Record<string, unknown>
}

/**
 * Notes what was done, in the transaction that does it. The end of a dead letter is noted once: a second one changes
 * nothing, and resolves with false.
 */
export async function recordAudit(tx: Queries, entry: AuditEntry): Promise<boolean> {
  const noted = await tx.insert(audit).values(entry).onConflictDoNothing().returning({ id: audit.id })
  return noted.length > 0
}

/** How a dead letter was settled; undefined while it was not. */
export async function endOfLetter(db: Queries, key: string): Promise<typeof audit.$inferSelect | undefined> {
  const ends: AuditAction[] = ['dead-letter.replay', 'dead-letter.discard']
  const [found] = await db
    .select()
    .from(audit)
    .where(and(eq(audit.subject, key), inArray(audit.action, ends)))
  return found
}
