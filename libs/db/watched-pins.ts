import type { AcceptedPin } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { and, eq, inArray } from './drizzle.ts'
import { contents, pins } from './schema.ts'

/**
 * Pins of the Pinning Service API by their request ids, whosever they are: the caller has checked before that whoever
 * asks may see them. What is not there any more is left out.
 */
export const watchedPins = (db: Database, requestIds: readonly string[]): Promise<AcceptedPin[]> =>
  db
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(and(eq(pins.api, 'psa'), inArray(pins.requestId, [...requestIds])))
