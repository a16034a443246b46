import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import { cidParameter, localParameter } from './parameters.ts'
import { readCid } from './read-cid.ts'
import type { StatusOf } from './status-of.ts'

/** `GET /pins/{cid}` → state. A CID that is not pinned is 200 with `unpinned`, as in ipfs-cluster, never 404. */
export function addGetPin(server: HttpServer, { statusOf }: { statusOf: StatusOf }): void {
  server.get<{ Params: { cid: string } }>('/pins/:cid', getPinRoute, ({ params }) =>
    statusOf(readCid(params.cid)),
  )
}

const getPinRoute = describeRoute({
  tag: 'pins',
  summary: 'State of a CID',
  description: 'A CID that is not pinned has the status `unpinned`; that is no error.',
  params: { cid: cidParameter },
  query: { local: localParameter },
  answers: { 200: json('GlobalPinInfo') },
})
