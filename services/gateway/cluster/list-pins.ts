import { Type } from 'typebox'
import type { ClusterPin, ContentState } from '#libs/db/index.ts'
import { HttpError, type HttpServer, sendObjects } from '#libs/http/index.ts'
import { describeRoute, empty, jsonLines } from '../describe-route.ts'
import { localParameter } from './parameters.ts'
import { listPageRows } from './pin-pages.ts'
import { queryOf } from './query-of.ts'
import { readCid } from './read-cid.ts'
import { readStatusFilter } from './status-filter.ts'
import type { StatusOf } from './status-of.ts'

type Deps = {
  /** Pins in some states, or in any. */
  pinsIn: (states: readonly ContentState[] | undefined) => AsyncIterable<ClusterPin[]>
  infoOf: (pin: ClusterPin) => object
  statusOf: StatusOf
  maxCids: number
  lists: Parameters<typeof sendObjects>[2]
}

/**
 * `GET /pins` → the state of every pin, one a line; with `filter` only of those whose status matches. With `cids` the
 * state of each CID given, in order, unpinned ones included, whatever `filter` says; one bad CID refuses the whole call.
 */
export function addListPins(server: HttpServer, { pinsIn, infoOf, statusOf, maxCids, lists }: Deps): void {
  async function* allInfos(states: readonly ContentState[] | undefined) {
    for await (const page of pinsIn(states)) yield page.map(infoOf)
  }

  async function* infosOf(text: string) {
    const sent = text.split(',')
    if (sent.length > maxCids) throw new HttpError(400, `cids: more than ${maxCids} CIDs`)
    const cids = sent.map(readCid)
    for (let start = 0; start < cids.length; start += listPageRows)
      yield await Promise.all(cids.slice(start, start + listPageRows).map(statusOf))
  }

  server.get('/pins', listPinsRoute, ({ url }, reply) => {
    const query = queryOf(url)
    const cids = query.get('cids')
    return sendObjects(
      reply,
      cids ? infosOf(cids) : allInfos(readStatusFilter(query.get('filter') ?? '')),
      lists,
    )
  })
}

const listPinsRoute = describeRoute({
  tag: 'pins',
  summary: 'State of all pins, or of some CIDs',
  description: 'All pins come ordered by CID. With `cids` each one given is answered, in order.',
  query: {
    filter: Type.String({ description: 'Statuses with commas; `queued` and `error` stand for several' }),
    cids: Type.String({ description: 'CIDs with commas; `filter` does not count then' }),
    local: localParameter,
  },
  answers: { 200: jsonLines('GlobalPinInfo'), 204: empty('No pin matches, where so set') },
})
