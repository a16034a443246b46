import { type AcceptedPin, wantFetched } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { and, eq } from './drizzle.ts'
import { contents, pins } from './schema.ts'

/**
 * Starts a new generation of a failed content, at once and whatever the reason was; any other stays as it is. Resolves
 * with undefined when the account has no ipfs-cluster pin of the CID, else with whether the content was started.
 */
export async function recoverContent(
  db: Database,
  { account, cid }: { account: string; cid: string },
): Promise<(AcceptedPin & { recovered: boolean }) | undefined> {
  return db.transaction(async tx => {
    const [locked] = await tx.select().from(contents).where(eq(contents.cid, cid)).for('update')
    const [pin] = await tx
      .select()
      .from(pins)
      .where(and(eq(pins.account, account), eq(pins.api, 'cluster'), eq(pins.cid, cid)))
    if (!locked || !pin) return undefined
    if (locked.state !== 'failed') return { pin, content: locked, recovered: false }
    const content = await wantFetched(tx, cid)
    return { pin: { ...pin, state: content.state }, content, recovered: true }
  })
}
