import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import type { AcceptClusterPin } from './accept-cluster-pin.ts'
import { cidParameter } from './parameters.ts'
import { pinOptionParameters } from './pin-option-parameters.ts'
import { readPinOptions } from './pin-options.ts'
import { queryOf } from './query-of.ts'
import { readCid } from './read-cid.ts'

type Deps = { acceptPin: AcceptClusterPin; maxOrigins: number }

/**
 * `POST /pins/{cid}` → pin. A pin by CID goes to the bottom of the DAG, even in direct mode (ipfs-cluster
 * api/common/api.go, `ParseCidOrFail`).
 */
export function addPostPin(server: HttpServer, { acceptPin, maxOrigins }: Deps): void {
  server.post<{ Params: { cid: string } }>('/pins/:cid', postPinRoute, ({ params, url }) =>
    acceptPin(readCid(params.cid), readPinOptions(queryOf(url), { maxOrigins }), 'recursive'),
  )
}

const postPinRoute = describeRoute({
  tag: 'pins',
  summary: 'Pin a CID',
  description:
    'Answers once the pin is stored; it ends `pinned`, or `pin_error` with a reason. A CID that is pinned already gets the new options and a new time; one that failed starts again.',
  params: { cid: cidParameter },
  query: pinOptionParameters,
  answers: { 200: json('Pin') },
})
