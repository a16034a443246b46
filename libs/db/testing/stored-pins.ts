import { acceptPin, newRequestId, type PinRequest } from '../accept-pin.ts'
import type { Database } from '../connect-database.ts'
import { eq } from '../drizzle.ts'
import { type ContentState, contents, outbox, pins } from '../schema.ts'

/** Pins of a test, and what became of them. */
export function storedPins(db: Database) {
  const request = (cid: string, change: Partial<PinRequest> = {}): PinRequest => ({
    requestId: newRequestId(),
    account: 'default',
    api: 'cluster',
    cid,
    sentCid: cid,
    name: '',
    meta: {},
    origins: [],
    ...change,
  })
  return {
    request,
    accept: (cid: string, change?: Partial<PinRequest>) => acceptPin(db, request(cid, change)),
    pinsOf: (cid: string) => db.select().from(pins).where(eq(pins.cid, cid)),
    async content(cid: string) {
      const [content] = await db.select().from(contents).where(eq(contents.cid, cid))
      return content
    },
    /** Puts a content into a state; into `pinned` with a receipt. */
    setState: (cid: string, state: ContentState, change: Partial<typeof contents.$inferInsert> = {}) =>
      db
        .update(contents)
        .set({
          state,
          ...(state === 'pinned' ? { carCid: 'bag', carBucket: 'cars', carKey: `${cid}/bag.car` } : {}),
          ...change,
        })
        .where(eq(contents.cid, cid)),
    /** Ids of the events in the outbox that concern a CID. */
    async eventsOf(cid: string) {
      const rows = await db.select({ id: outbox.id, notBefore: outbox.notBefore }).from(outbox)
      return rows.filter(({ id }) => id.startsWith(`${cid}.`))
    },
  }
}
