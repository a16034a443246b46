import type { LiveNode } from '#libs/bus/index.ts'
import { type HttpServer, sendObjects } from '#libs/http/index.ts'
import { describeRoute, jsonLines } from '../describe-route.ts'
import { clusterId } from './cluster-id.ts'
import type { VirtualPeer } from './global-pin-info.ts'

type Deps = {
  peer: VirtualPeer
  liveNodes: () => readonly LiveNode[]
  stallTimeoutMs: number
}

/** `GET /peers` → the one peer, as a list of one. */
export function addListPeers(server: HttpServer, { peer, liveNodes, stallTimeoutMs }: Deps): void {
  server.get(
    '/peers',
    describeRoute({
      tag: 'cluster',
      summary: 'All peers: the one that this API shows',
      answers: { 200: jsonLines('ID') },
    }),
    (_request, reply) => {
      async function* pages() {
        yield [clusterId(peer, liveNodes())]
      }
      return sendObjects(reply, pages(), { emptyStatus: 200, stallTimeoutMs })
    },
  )
}
