import type { DeadLetters } from '#libs/bus/index.ts'
import { type Database, endOfLetter, recordAudit } from '#libs/db/index.ts'
import { auditOf } from './audit-of.ts'

export type DiscardDeps = { db: Database; letters: Pick<DeadLetters, 'get' | 'remove'> }

/** `repeated`: it was replayed or discarded before, and only its removal was missing; `gone`: there is none. */
export type Discarded = { id: number; outcome: 'discarded' | 'repeated' | 'gone' }

/**
 * Removes a dead letter for good; what became of its pin stays as it is. `actor` is noted in the audit. Safe to repeat,
 * after a crash too: the audit is written first, and a letter is noted in it once.
 */
export async function discardDeadLetter(
  { db, letters }: DiscardDeps,
  id: number,
  actor: string,
): Promise<Discarded> {
  const letter = await letters.get(id)
  if (!letter) return { id, outcome: 'gone' }
  const note = { ...auditOf(letter, 'dead-letter.discard', actor), outcome: 'discarded' }
  const isNoted = !(await endOfLetter(db, letter.key)) && (await recordAudit(db, note))
  await letters.remove(id)
  return { id, outcome: isNoted ? 'discarded' : 'repeated' }
}
