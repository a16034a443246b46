/** In the order of its keys, as Go writes a map; null without entries, as ipfs-cluster reads them from its state. */
export function sortedMetadata(meta: Record<string, string>): Record<string, string> | null {
  const entries = Object.entries(meta).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return entries.length > 0 ? Object.fromEntries(entries) : null
}
