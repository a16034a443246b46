import type { DeadLetter } from '#libs/bus/index.ts'
import type { AuditEntry } from '#libs/db/index.ts'

/** What the audit keeps of a letter, which is gone afterwards. */
export const auditOf = (
  letter: DeadLetter,
  action: AuditEntry['action'],
  actor: string,
): Omit<AuditEntry, 'outcome'> => {
  const { id, key, subject, consumer, code, reason, failedAt, messageId } = letter
  return {
    actor,
    action,
    subject: key,
    details: { id, subject, consumer, code, reason, failedAt, messageId },
  }
}
