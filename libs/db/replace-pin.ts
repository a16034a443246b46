import { and, eq } from 'drizzle-orm'
import { type AcceptedPin, type PinRequest, wantFetched, writePin } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { releaseContent } from './remove-pin.ts'
import { contents, pins } from './schema.ts'

/**
 * Puts a new pin in the place of the one with `requestId`, in one transaction: either both change or neither does.
 * Nothing is inherited. The new content is wanted before the old one is let go, so what they share stays. Resolves with
 * undefined, and changes nothing, when the account has no such pin.
 */
export async function replacePsaPin(
  db: Database,
  { account, requestId }: { account: string; requestId: string },
  request: PinRequest,
): Promise<AcceptedPin | undefined> {
  const which = and(eq(pins.requestId, requestId), eq(pins.account, account), eq(pins.api, 'psa'))
  return db.transaction(async tx => {
    const [old] = await tx.select({ cid: pins.cid }).from(pins).where(which)
    if (!old) return undefined
    const lock = (cid: string) => tx.select().from(contents).where(eq(contents.cid, cid)).for('update')
    // Always in the order of CIDs: two replaces that cross would wait for each other for ever.
    await lock(old.cid < request.cid ? old.cid : request.cid)
    await lock(old.cid < request.cid ? request.cid : old.cid)
    const removed = await tx.delete(pins).where(which).returning({ cid: pins.cid })
    if (removed.length === 0) return undefined
    const content = await wantFetched(tx, request.cid)
    const pin = await writePin(tx, request, content)
    if (old.cid !== request.cid) await releaseContent(tx, old.cid)
    return { pin, content }
  })
}
