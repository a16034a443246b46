import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { readCid } from './read-cid.ts'
import type { StatusOf } from './status-of.ts'

type Deps = { statusOf: StatusOf; maxCids: number }

/**
 * `GET /pins?cids=a,b` → one state per CID given, each on a line of its own, unpinned ones included. One bad CID
 * refuses the whole call.
 */
export function addListPins(server: HttpServer, { statusOf, maxCids }: Deps): void {
  server.get('/pins', async ({ url }, reply) => {
    const given =
      new URL(url, 'http://gateway').searchParams
        .get('cids')
        ?.split(',')
        .filter(cid => cid !== '') ?? []
    if (given.length === 0) throw new HttpError(400, 'cids: name at least one CID, as in ?cids=a,b')
    if (given.length > maxCids) throw new HttpError(400, `cids: more than ${maxCids} CIDs`)
    const statuses = await statusOf(given.map(readCid))
    return reply.type('application/json').send(statuses.map(status => `${JSON.stringify(status)}\n`).join(''))
  })
}
