/** What a pin by a name of Pickup's holds on a node. */
export type PinPurpose = { kind: 'transfer'; cid: string } | { kind: 'add'; startedAt: Date }

/** The name of a pin that a fetcher makes for one transfer; the CID is canonical. */
export const transferPinName = (cid: string): string => `pickup:${cid}`

/** The name of the pins of one upload to the gateway. */
export const addPinName = (startedAt: Date): string => `pickup:add:${startedAt.toISOString()}`

/** Reads the names above. Undefined for the pin of somebody else. */
export function readPinName(name: string): PinPurpose | undefined {
  const { cid, at } = /^pickup:(?:add:(?<at>[0-9TZ:.-]+)|(?<cid>b[a-z2-7]+))$/.exec(name)?.groups ?? {}
  if (cid !== undefined) return { kind: 'transfer', cid }
  const startedAt = new Date(at ?? '')
  return Number.isNaN(startedAt.getTime()) ? undefined : { kind: 'add', startedAt }
}
