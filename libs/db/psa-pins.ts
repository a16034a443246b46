import { and, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { AcceptedPin } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { countPins } from './pin-counts.ts'
import { type ContentState, contents, pins } from './schema.ts'

/** How `name` of a filter is compared: whole or as a part, with or without regard to case. */
export const nameMatches = ['exact', 'iexact', 'partial', 'ipartial'] as const
export type NameMatch = (typeof nameMatches)[number]

/** Filters of the Pinning Service API; all that are given must hold. */
export type PsaFilter = {
  states: readonly ContentState[]
  /** Canonical; any of them. */
  cids?: readonly string[] | undefined
  name?: { text: string; match: NameMatch } | undefined
  /** Every pair must be in the pin's metadata, which may have more. */
  meta?: Record<string, string> | undefined
  before?: Date | undefined
  after?: Date | undefined
}

/**
 * The newest pins of an account that match, and the exact number of all that do, whatever `limit` is. Both come from
 * one snapshot. Without a filter by CID, name or metadata the number comes from counters.
 */
export function psaPins(
  db: Database,
  account: string,
  filter: PsaFilter,
  limit: number,
): Promise<{ count: number; page: AcceptedPin[] }> {
  const where = and(...conditions(account, filter))
  return db.transaction(
    async tx => {
      const page = await tx
        .select({ pin: pins, content: contents })
        .from(pins)
        .innerJoin(contents, eq(contents.cid, pins.cid))
        .where(where)
        .orderBy(desc(pins.createdAt))
        .limit(limit)
      if (page.length < limit) return { count: page.length, page }
      const { states, before, after } = filter
      if (!filter.cids && !filter.name && !filter.meta) {
        const counted = await countPins(tx, { account, api: 'psa', states, before, after })
        return { count: counted.pins, page }
      }
      const [matching] = await tx.select({ count: sql<string>`count(*)` }).from(pins).where(where)
      return { count: Number(matching?.count), page }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

function conditions(account: string, { states, cids, name, meta, before, after }: PsaFilter) {
  return [
    eq(pins.account, account),
    eq(pins.api, 'psa'),
    inArray(pins.state, [...states]),
    cids && inArray(pins.cid, [...cids]),
    name && nameCondition(name),
    // The first half is what the partial index is for.
    meta && sql`${pins.meta} <> '{}' and ${pins.meta} @> ${JSON.stringify(meta)}::jsonb`,
    before && lt(pins.createdAt, before),
    after && gt(pins.createdAt, after),
  ]
}

function nameCondition({ text, match }: { text: string; match: NameMatch }): SQL {
  const whole = text.replaceAll(/[\\%_]/g, escaped => `\\${escaped}`)
  const part = `%${whole}%`
  const anyCase = (pattern: string) => sql`${pins.name} <> '' and lower(${pins.name}) like lower(${pattern})`
  switch (match) {
    case 'exact':
      return eq(pins.name, text)
    case 'iexact':
      return text === '' ? eq(pins.name, '') : anyCase(whole)
    case 'partial':
      return text === '' ? sql`true` : sql`${anyCase(part)} and ${pins.name} like ${part}`
    case 'ipartial':
      return text === '' ? sql`true` : anyCase(part)
  }
}

/** A pin of the account by its request id. */
export async function findPsaPin(
  db: Database,
  { account, requestId }: { account: string; requestId: string },
): Promise<AcceptedPin | undefined> {
  const [found] = await findPsaPins(db, { account, requestIds: [requestId] })
  return found
}

/** The pins of the account among `requestIds`. */
export const findPsaPins = (
  db: Database,
  { account, requestIds }: { account: string; requestIds: readonly string[] },
): Promise<AcceptedPin[]> =>
  db
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(and(eq(pins.account, account), eq(pins.api, 'psa'), inArray(pins.requestId, [...requestIds])))

/** The pins of an account that were accepted under these idempotency keys. */
export const findKeyedPins = (
  db: Database,
  { account, keys }: { account: string; keys: readonly string[] },
): Promise<AcceptedPin[]> =>
  db
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(and(eq(pins.account, account), inArray(pins.idempotencyKey, [...keys])))
