/** Keys whose values differ from run to run or from server to server: only their type is compared. */
const volatile = new Set([
  'timestamp',
  'created',
  'version',
  'addresses',
  'error',
  'token',
  'attempt_count',
  'priority_pin',
  'peername',
  'ipfs_peer_id',
  'value',
  'expire',
  'weight',
  'received_at',
  'ipfs',
  'id_to_peername',
  'cluster_to_ipfs',
])

/** Objects whose keys are data. */
const maps = new Set([
  'peer_map',
  'id_to_peername',
  'ipfs_links',
  'cluster_links',
  'cluster_trust_links',
  'cluster_to_ipfs',
])

/** Of these, a client may see other entries. */
const listsOfOthers = new Set(['ipfs_links'])

/** A key that a server may leave out: api/types.go, `omitempty`. */
const optional = new Set(['ipfs_peer_id', 'ipfs_peer_addresses'])

const NEVER = '0001-01-01T00:00:00Z'

/**
 * How `ours` differs from the recorded document, each with its place: keys and their order, types, and the values that
 * do not depend on the run. Keys of ours that the recording does not know may follow the known ones.
 */
export function* documentDifferences(
  recorded: unknown,
  ours: unknown,
  place = '$',
  key = '',
): Iterable<string> {
  const [recordedType, ourType] = [typeOf(recorded), typeOf(ours)]
  if (recordedType !== ourType) yield `${place} is ${show(ours)}, recorded ${show(recorded)}`
  else if (Array.isArray(recorded)) yield* arrayDifferences(recorded, ours as unknown[], place, key)
  else if (recordedType === 'object')
    yield* objectDifferences(recorded as Record<string, unknown>, ours as Record<string, unknown>, place, key)
  else if (recorded !== ours && !isVolatile(key, recorded, ours))
    yield `${place} is ${show(ours)}, recorded ${show(recorded)}`
}

function* arrayDifferences(
  recorded: unknown[],
  ours: unknown[],
  place: string,
  key: string,
): Iterable<string> {
  if (recorded.length !== ours.length && !volatile.has(key) && !listsOfOthers.has(key))
    yield `${place} has ${ours.length} items, recorded ${recorded.length}`
  if (recorded.length > 0)
    for (const [i, item] of ours.entries())
      yield* documentDifferences(recorded[i] ?? recorded[0], item, `${place}[${i}]`, key)
}

function* objectDifferences(
  recorded: Record<string, unknown>,
  ours: Record<string, unknown>,
  place: string,
  key: string,
): Iterable<string> {
  if (maps.has(key)) {
    const [sample] = Object.values(recorded)
    // The entries of a map have keys of their own; other values are known by the name of the map.
    for (const [name, item] of Object.entries(ours))
      yield* documentDifferences(sample, item, `${place}.${name}`, typeOf(item) === 'object' ? '' : key)
    return
  }
  const known = Object.keys(recorded).filter(name => name in ours || !optional.has(name))
  const first = Object.keys(ours).slice(0, known.length)
  if (known.join() !== first.join()) yield `${place} has the keys ${first.join()}, recorded ${known.join()}`
  for (const name of known)
    if (name in ours)
      yield* documentDifferences(
        recorded[name],
        ours[name],
        `${place}.${name}`,
        volatile.has(key) ? key : name,
      )
}

/** An expiry moves with the time of the request; never is never. */
function isVolatile(key: string, recorded: unknown, ours: unknown): boolean {
  if (key === 'expire_at') return recorded !== NEVER && ours !== NEVER
  return volatile.has(key) || listsOfOthers.has(key)
}

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
const show = (value: unknown) => JSON.stringify(value)?.slice(0, 120)
