import { type DagSource, type NamedPin, readPinName } from '#libs/ipfs/index.ts'

type Deps = {
  source: Pick<DagSource, 'listPins' | 'unpin'>
  /** Those of the contents that a live worker fetches. */
  leasedContents: (cids: readonly string[]) => Promise<ReadonlySet<string>>
}

const listTimeoutMs = 10_000
/** No upload takes longer. */
const addMaxMs = 24 * 3_600_000

/**
 * Removes the pins that killed fetchers and gateways have left on the node, and returns how many. Another fetcher on the
 * node keeps the pins of its transfers: they have a lease, which is looked for after the pins were listed. Pins by other
 * names are somebody else's.
 */
export async function removeStalePins(
  { source, leasedContents }: Deps,
  signal: AbortSignal,
): Promise<number> {
  const found = (await source.listPins({ timeoutMs: listTimeoutMs, signal })).flatMap(pin => purposeOf(pin))
  const leased = await leasedContents(
    found.flatMap(({ purpose }) => (purpose.kind === 'transfer' ? [purpose.cid] : [])),
  )
  const stale = found.filter(({ purpose }) =>
    purpose.kind === 'transfer'
      ? !leased.has(purpose.cid)
      : Date.now() - purpose.startedAt.getTime() > addMaxMs,
  )
  for (const { cid } of stale) await source.unpin(cid, { signal })
  return stale.length
}

function purposeOf({ cid, name }: NamedPin) {
  const purpose = readPinName(name)
  return purpose ? [{ cid, purpose }] : []
}
