import type { DeadLetter, DeadLetters } from '#libs/bus/index.ts'
import { type Database, endOfLetter, type Restart, recordAudit, restartFailed } from '#libs/db/index.ts'
import { auditOf } from './audit-of.ts'
import { whatToReplay } from './what-to-replay.ts'

export type ReplayDeps = {
  db: Database
  letters: Pick<DeadLetters, 'get' | 'remove'>
  /** Resolves when NATS has stored it; a repeat with the same id is dropped by the server, or borne by the readers. */
  publish: (message: { id: string; subject: string; body: Uint8Array }) => Promise<void>
}

/**
 * What became of a replay. The letter is gone after each but `refused`:
 * - `restarted`: a new generation of its content began;
 * - `republished`: the message is on its way again, byte for byte;
 * - `pinned`, `superseded`, `unwanted`: not needed any more: the content is pinned, a newer generation began, or no pin
 *   wants it;
 * - `repeated`: it was replayed or discarded before, and only its removal was missing;
 * - `gone`: there is no such letter;
 * - `refused`: it would come back, or its content has not failed. `why` is a sentence.
 */
export type Replayed =
  | {
      id: number
      outcome: Exclude<Restart, 'running' | 'unknown'> | 'republished' | 'repeated' | 'gone'
    }
  | { id: number; outcome: 'refused'; why: string }

/**
 * Does again what a dead letter asks for, and removes the letter. `actor` is noted in the audit. Safe to repeat, after a
 * crash too: a content that was restarted has another generation, a message is published under the id of its letter,
 * and the letter goes last. Who has two processes replay the same letter at once gets one effect.
 */
export async function replayDeadLetter(deps: ReplayDeps, id: number, actor: string): Promise<Replayed> {
  const { db, letters } = deps
  const letter = await letters.get(id)
  if (!letter) return { id, outcome: 'gone' }
  const replayed: Replayed = (await endOfLetter(db, letter.key))
    ? { id, outcome: 'repeated' }
    : await replay(deps, letter, actor)
  if (replayed.outcome !== 'refused') await letters.remove(id)
  return replayed
}

async function replay({ db, publish }: ReplayDeps, letter: DeadLetter, actor: string): Promise<Replayed> {
  const { id, key, subject, body } = letter
  const note = auditOf(letter, 'dead-letter.replay', actor)
  const asked = whatToReplay(letter)
  switch (asked.kind) {
    case 'broken':
      return { id, outcome: 'refused', why: `it would end here again: ${asked.why}` }
    case 'message':
      await publish({ id: `replay.${key}`, subject, body })
      const isNoted = await recordAudit(db, { ...note, outcome: 'republished' })
      return { id, outcome: isNoted ? 'republished' : 'repeated' }
    case 'job': {
      const outcome = await restartFailed(db, asked, note)
      if (outcome === 'running')
        return { id, outcome: 'refused', why: 'its content has not failed: it is being worked on' }
      if (outcome === 'unknown')
        return {
          id,
          outcome: 'refused',
          why: 'it would end here again: no pin has asked for this generation',
        }
      return { id, outcome }
    }
  }
}
