import type { LiveNode } from '#libs/bus/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import { clusterId } from './cluster-id.ts'
import type { VirtualPeer } from './global-pin-info.ts'

type Deps = { peer: VirtualPeer; liveNodes: () => readonly LiveNode[] }

/** `GET /id` → the one peer. */
export function addGetId(server: HttpServer, { peer, liveNodes }: Deps): void {
  server.get(
    '/id',
    describeRoute({
      tag: 'cluster',
      summary: 'The one peer that this API shows',
      answers: { 200: json('ID') },
    }),
    () => clusterId(peer, liveNodes()),
  )
}
