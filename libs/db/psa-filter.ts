import { and, eq, gt, inArray, lt, type SQL, sql } from './drizzle.ts'
import { type ContentState, pins } from './schema.ts'

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

/** Pins of an account in the Pinning Service API. */
export const ofAccount = (account: string): SQL | undefined =>
  and(eq(pins.account, account), eq(pins.api, 'psa'))

/** Those that match, whenever they were created. */
export const matching = (account: string, { states, cids, name, meta }: PsaFilter): SQL | undefined =>
  and(
    ofAccount(account),
    inArray(pins.state, [...states]),
    cids && inArray(pins.cid, [...cids]),
    name && nameCondition(name),
    // The first half is what the partial index is for.
    meta && sql`${pins.meta} <> '{}' and ${pins.meta} @> ${JSON.stringify(meta)}::jsonb`,
  )

/** Pins created strictly between two times. */
export const createdBetween = ({ before, after }: Pick<PsaFilter, 'before' | 'after'>): SQL | undefined =>
  and(before && lt(pins.createdAt, before), after && gt(pins.createdAt, after))

function nameCondition({ text, match }: { text: string; match: NameMatch }): SQL | undefined {
  const part = `%${text.replaceAll(/[\\%_]/g, escaped => `\\${escaped}`)}%`
  const whole = sql`lower(${pins.name}) = lower(${text})`
  const anyCase = sql`${pins.name} <> '' and lower(${pins.name}) like lower(${part})`
  switch (match) {
    case 'exact':
      return and(whole, eq(pins.name, text))
    case 'iexact':
      return whole
    case 'partial':
      return text === '' ? undefined : and(anyCase, sql`${pins.name} like ${part}`)
    case 'ipartial':
      return text === '' ? undefined : anyCase
  }
}
