import { Type } from 'typebox'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { describeRoute } from '../describe-route.ts'
import { readPeerId } from './peer-id.ts'

const refusal =
  'Pickup shows itself as one peer, which neither joins nor leaves: to grow it, start more gateways and fetchers'

/**
 * `POST /peers` and `DELETE /peers/{peer}` → 501: there are no peers to change, for nobody. 403 would send a client to
 * look for better credentials. An id that is none is 400 first, as in ipfs-cluster (api/common/api.go, `ParsePidOrFail`).
 */
export function addChangePeers(server: HttpServer): void {
  server.post(
    '/peers',
    describeRoute({ tag: 'cluster', summary: 'Refused: there is one peer', answers: {} }),
    () => {
      throw new HttpError(501, refusal)
    },
  )

  server.delete<{ Params: { peer: string } }>(
    '/peers/:peer',
    describeRoute({
      tag: 'cluster',
      summary: 'Refused: there is one peer',
      params: { peer: Type.String({ description: 'A peer id' }) },
      answers: {},
    }),
    ({ params }) => {
      if (readPeerId(params.peer) === undefined)
        throw new HttpError(400, `error decoding Peer ID: ${params.peer}`)
      throw new HttpError(501, refusal)
    },
  )
}
