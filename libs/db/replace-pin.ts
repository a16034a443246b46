import { type AcceptedPin, countAccepted, type PinRequest, wantFetched, writePin } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { and, eq, TransactionRollbackError } from './drizzle.ts'
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
  const replacing = db.transaction(async tx => {
    const [old] = await tx.select({ cid: pins.cid }).from(pins).where(which)
    if (!old) return undefined
    const lockOld = () => tx.select().from(contents).where(eq(contents.cid, old.cid)).for('update')
    const isNewFirst = request.cid < old.cid
    // Always in the order of CIDs, rows that are new included: replaces that cross would wait for each other for ever.
    if (!isNewFirst) await lockOld()
    const content = await wantFetched(tx, request.cid)
    if (isNewFirst) await lockOld()
    const removed = await tx.delete(pins).where(which).returning({ cid: pins.cid })
    // Gone since: what was wanted above must not stay.
    if (removed.length === 0) tx.rollback()
    const pin = await writePin(tx, request, content)
    if (old.cid !== request.cid) await releaseContent(tx, old.cid)
    return { pin, content }
  })
  const replaced = await replacing.catch((error: unknown) => {
    if (error instanceof TransactionRollbackError) return undefined
    throw error
  })
  if (replaced) countAccepted(request)
  return replaced
}
