import { wantFetched } from './accept-pin.ts'
import { type AuditEntry, recordAudit } from './audit.ts'
import type { Database } from './connect-database.ts'
import { eq } from './drizzle.ts'
import { contents } from './schema.ts'

/**
 * What became of the attempt to start a failed generation anew:
 * - `restarted`: a new generation began;
 * - `pinned`, `superseded`, `unwanted`: there is no need, because of what happened since;
 * - `running`: it has not failed, so it is not to be started;
 * - `unknown`: no pin ever began this generation.
 */
export type Restart = 'restarted' | 'pinned' | 'superseded' | 'unwanted' | 'running' | 'unknown'

/**
 * Starts a new generation of a content whose `generation` has failed, with its job in the outbox, and notes in the same
 * transaction how it ended. Safe to repeat: by then the generation is another. `repeated` when the letter was settled
 * meanwhile: nothing is done then.
 */
export async function restartFailed(
  db: Database,
  { cid, generation }: { cid: string; generation: number },
  note: Omit<AuditEntry, 'outcome'>,
): Promise<Restart | 'repeated'> {
  return db.transaction(async tx => {
    const [content] = await tx.select().from(contents).where(eq(contents.cid, cid)).for('update')
    const outcome = whatToDo(content, generation)
    if (outcome === 'running' || outcome === 'unknown') return outcome
    if (!(await recordAudit(tx, { ...note, outcome }))) return 'repeated'
    if (outcome === 'restarted') await wantFetched(tx, cid)
    return outcome
  })
}

function whatToDo(content: typeof contents.$inferSelect | undefined, generation: number): Restart {
  if (!content || content.generation < generation) return 'unknown'
  if (content.generation > generation) return 'superseded'
  switch (content.state) {
    case 'failed':
      return 'restarted'
    case 'pinned':
      return 'pinned'
    case 'unpinned':
      return 'unwanted'
    case 'queued':
    case 'pinning':
      return 'running'
  }
}
