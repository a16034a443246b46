import { Type } from 'typebox'
import type { LiveNode } from '#libs/bus/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import type { VirtualPeer } from './global-pin-info.ts'

type Deps = { peer: VirtualPeer; liveNodes: () => readonly LiveNode[] }

const peersByPeer = Type.Record(Type.String(), Type.Array(Type.String()))
const connectGraph = Type.Object({
  cluster_id: Type.String(),
  id_to_peername: Type.Record(Type.String(), Type.String()),
  ipfs_links: peersByPeer,
  cluster_links: peersByPeer,
  cluster_trust_links: Type.Record(Type.String(), Type.Boolean()),
  cluster_to_ipfs: Type.Record(Type.String(), Type.String()),
})

/** `GET /health/graph` → the one peer and the IPFS nodes behind it. */
export function addGetGraph(server: HttpServer, { peer, liveNodes }: Deps): void {
  server.get(
    '/health/graph',
    describeRoute({
      tag: 'health',
      summary: 'The peer and the IPFS nodes behind it',
      answers: { 200: json(connectGraph) },
    }),
    () => graphOf(peer, liveNodes()),
  )
}

/**
 * `ConnectGraph` of ipfs-cluster (api/types.go), in its field order. All live nodes are in it; its form has room for
 * one node per peer, which is the same as in `/id`. The links among nodes stay empty, as in ipfs-cluster when the
 * daemon does not tell its peers: the nodes do not announce theirs.
 */
function graphOf({ id, name }: VirtualPeer, nodes: readonly LiveNode[]) {
  const [first] = nodes
  return {
    cluster_id: id,
    id_to_peername: { [id]: name },
    ipfs_links: Object.fromEntries(nodes.map(({ peerId }) => [peerId, []])),
    cluster_links: { [id]: [] },
    cluster_trust_links: { [id]: true },
    cluster_to_ipfs: first ? { [id]: first.peerId } : {},
  }
}
