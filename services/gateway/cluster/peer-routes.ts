import type { LiveNode } from '#libs/bus/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { addChangePeers } from './change-peers.ts'
import { addCollectGarbage } from './collect-garbage.ts'
import { addGetAlerts } from './get-alerts.ts'
import { addGetBandwidth } from './get-bandwidth.ts'
import { addGetGraph } from './get-graph.ts'
import { addGetHealth } from './get-health.ts'
import { addGetId } from './get-id.ts'
import { addGetMetrics } from './get-metrics.ts'
import { addGetVersion } from './get-version.ts'
import type { VirtualPeer } from './global-pin-info.ts'
import { createLatestMetrics } from './latest-metrics.ts'
import { addListPeers } from './list-peers.ts'

type Deps = {
  peer: VirtualPeer
  /** Ordered by peer id. */
  liveNodes: () => readonly LiveNode[]
  /** When a node was last announced. */
  lastHeardAt: () => Date
  countQueuedPins: () => Promise<number>
  stallTimeoutMs: number
}

/** The routes that tell of the cluster itself: who the peer is, how it is, and what it does not let others do. */
export function addPeerRoutes(server: HttpServer, deps: Deps): void {
  addGetId(server, deps)
  addGetVersion(server)
  addListPeers(server, deps)
  addChangePeers(server)
  addCollectGarbage(server)
  addGetHealth(server)
  addGetGraph(server, deps)
  addGetAlerts(server, deps)
  addGetBandwidth(server)
  addGetMetrics(server, { metrics: createLatestMetrics(deps) })
}
