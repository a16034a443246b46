import { Type } from 'typebox'
import type { ClusterPin } from '#libs/db/index.ts'
import { type HttpServer, sendObjects } from '#libs/http/index.ts'
import { describeRoute, empty, jsonLines } from '../describe-route.ts'
import { storedPin } from './pin-object.ts'
import { includesDataPins } from './pin-type-filter.ts'
import { queryOf } from './query-of.ts'

type Deps = {
  allPins: () => AsyncIterable<Pick<ClusterPin, 'pin'>[]>
  peerId: string
  lists: Parameters<typeof sendObjects>[2]
}

/** `GET /allocations` → every pin as it was asked for, one a line; with `filter` only those of some types. */
export function addListAllocations(server: HttpServer, { allPins, peerId, lists }: Deps): void {
  async function* pinsOf(filter: string) {
    if (!includesDataPins(filter)) return
    for await (const page of allPins()) yield page.map(pin => storedPin(pin, peerId))
  }
  server.get('/allocations', listAllocationsRoute, ({ url }, reply) =>
    sendObjects(reply, pinsOf(queryOf(url).get('filter') ?? ''), lists),
  )
}

const listAllocationsRoute = describeRoute({
  tag: 'allocations',
  summary: 'All pins as they were asked for',
  description: 'Ordered by CID.',
  query: { filter: Type.String({ description: 'Types of pins with commas; every pin has the type `pin`' }) },
  answers: { 200: jsonLines('Pin'), 204: empty('There is none, where so set') },
})
