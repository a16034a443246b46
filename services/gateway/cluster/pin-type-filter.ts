import { HttpError } from '#libs/http/index.ts'

/** Names of pin types in a filter of ipfs-cluster (api/types.go, `PinTypeFromString`). All pins here are data pins. */
const matchesDataPins = new Map([
  ['', true],
  ['all', true],
  ['pin', true],
  ['meta-pin', false],
  ['clusterdag-pin', false],
  ['shard-pin', false],
])

/** Whether a filter of pin types lets any pin through. Throws `HttpError` 400 when no name in it is known. */
export function includesDataPins(filter: string): boolean {
  const known = filter.split(',').filter(name => matchesDataPins.has(name))
  if (known.length === 0) throw new HttpError(400, 'invalid filter value')
  return known.some(name => matchesDataPins.get(name))
}
