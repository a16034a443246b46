import type { Database } from './connect-database.ts'
import { sql } from './drizzle.ts'
import { type QuietContent, sendAgain } from './quiet-contents.ts'

/** A content on its way of which nothing was heard for long. */
export type StuckContent = QuietContent & {
  state: string
  heardAt: Date
  /** The last error that a worker reported, or the last worker, which reported nothing. */
  lastWord: string | null
}

const pageRows = 500

/** Contents that are not final, that no live worker has, and of which nothing was heard for `graceMs`, in pages. */
export async function* stuckContents(db: Database, graceMs: number): AsyncGenerator<StuckContent> {
  let after = ''
  for (;;) {
    const page = await db.execute<Omit<StuckContent, 'heardAt'> & { heard_at: string }>(sql`
      select content.cid, content.generation, content.state, fetched.result as staged, heard.at as heard_at,
        coalesce(checked.last_error, fetched.last_error, checked.lease_owner, fetched.lease_owner) as "lastWord"
      from contents as content
      left join jobs as fetched
        on fetched.cid = content.cid and fetched.generation = content.generation and fetched.step = 'fetch'
      left join jobs as checked
        on checked.cid = content.cid and checked.generation = content.generation and checked.step = 'validate'
      cross join lateral (select greatest(content.changed_at, fetched.lease_until, checked.lease_until) as at) as heard
      where content.state in ('queued', 'pinning') and content.cid > ${after}
        and heard.at < now() - ${graceMs} * interval '1 millisecond'
      order by content.cid limit ${pageRows}`)
    for (const { heard_at, ...row } of page.rows) yield { ...row, heardAt: new Date(heard_at) }
    const last = page.rows.at(-1)
    if (!last) return
    after = last.cid
  }
}

/** Sends again what the content waits for. Harmless when it was not lost. */
export const unstick = (db: Database, content: StuckContent): Promise<void> =>
  db.transaction(tx => sendAgain(tx, [content]))

/** Events that wait in the outbox since long before `graceMs`, though they were due: no relay gets them published. */
export async function oldOutboxRows(
  db: Database,
  graceMs: number,
): Promise<{ id: string; createdAt: string; failures: number }[]> {
  const { rows } = await db.execute<{ id: string; createdAt: string; failures: number }>(sql`
    select id, created_at as "createdAt", failures from outbox
    where created_at < now() - ${graceMs} * interval '1 millisecond'
    order by created_at limit ${pageRows}`)
  return rows
}
