import type { Database } from './connect-database.ts'
import { sql } from './drizzle.ts'
import { hasKeptUpload } from './send-to-validator.ts'

/** What the work on a content may still want of staging. */
export type StagingNeed = {
  cid: string
  /** A live worker has a step of it. */
  leased: boolean
  /** The object that waits for the validator. */
  key: string | null
}

/** Of those contents that are on their way, or whose upload is kept. The others need nothing. */
export async function stagingNeeds(
  db: Database,
  cids: readonly string[],
): Promise<ReadonlyMap<string, StagingNeed>> {
  if (cids.length === 0) return new Map()
  const { rows } = await db.execute<StagingNeed>(sql`
    select content.cid, fetched.result #>> '{staging,key}' as key,
      exists (select from jobs where jobs.cid = content.cid and lease_until > now()) as leased
    from contents as content
    left join jobs as fetched
      on fetched.cid = content.cid and fetched.generation = content.generation and fetched.step = 'fetch'
    left join jobs as checked
      on checked.cid = content.cid and checked.generation = content.generation and checked.step = 'validate'
    where content.cid in ${[...new Set(cids)]}
      and (content.state in ('queued', 'pinning') or (${hasKeptUpload}))`)
  return new Map(rows.map(need => [need.cid, need]))
}
