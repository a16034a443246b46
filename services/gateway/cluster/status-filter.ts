import type { ContentState } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'

/**
 * Every name that ipfs-cluster knows in a filter, composites included (api/types.go, `trackerStatusString`), with the
 * states that it means here. There is one peer that holds every pin, so many mean none. `undefined` is a name that it
 * does not take for one.
 */
const statesOf = new Map<string, readonly ContentState[]>([
  ['pin_queued', ['queued']],
  ['queued', ['queued']],
  ['pinning', ['pinning']],
  ['pinned', ['pinned']],
  ['pin_error', ['failed']],
  ['error', ['failed']],
  ...['cluster_error', 'unpin_error', 'unpinning', 'unpinned', 'remote', 'unpin_queued', 'sharded'].map(
    name => [name, []] as const,
  ),
  ['unexpectedly_unpinned', []],
])

/**
 * The states that a filter of status names means; undefined for all, without a filter. Spaces do not count and unknown
 * names are skipped. Throws `HttpError` 400 when no name is known.
 */
export function readStatusFilter(filter: string): readonly ContentState[] | undefined {
  if (filter === '') return undefined
  const known = filter
    .replaceAll(' ', '')
    .split(',')
    .flatMap(name => {
      const states = statesOf.get(name)
      return states ? [states] : []
    })
  if (known.length === 0) throw new HttpError(400, 'invalid filter value')
  return [...new Set(known.flat())]
}
