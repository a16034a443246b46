import type { LiveNode } from '#libs/bus/index.ts'
import type { VirtualPeer } from './global-pin-info.ts'
import { freeBytes, type Metric, metric } from './metric.ts'

type Deps = {
  peer: VirtualPeer
  liveNodes: () => readonly LiveNode[]
  /** Pins that wait for a fetcher. */
  countQueuedPins: () => Promise<number>
}

/** ipfs-cluster measures its queue every 30 s (informer/pinqueue/config.go, `DefaultMetricTTL`). */
const queueTtlMs = 30_000

/**
 * What the one peer measures, by the name of the metric; none where there is nothing valid to say, as in ipfs-cluster
 * (monitor/metrics/store.go, `LatestValid`). Its `tag:…` metrics steer allocations and are not here: there is one
 * peer to allocate to.
 */
export function createLatestMetrics({ peer, liveNodes, countQueuedPins }: Deps) {
  const ofPeer = { peer: peer.id }
  return {
    async pinqueue(): Promise<Metric[]> {
      const queued = await countQueuedPins()
      const receivedAt = new Date()
      const expiresAt = new Date(receivedAt.getTime() + queueTtlMs)
      const counted = { value: String(queued), weight: 0 - queued, receivedAt, expiresAt }
      return [metric({ name: 'pinqueue', ...ofPeer, ...counted })]
    },

    /** Alive means that a fetcher's IPFS node is: without one nothing gets pinned. */
    ping(): Metric[] {
      const nodes = liveNodes()
      const value = JSON.stringify({ peer_name: peer.name, ipfs_id: nodes[0]?.peerId })
      return timesOf(nodes).map(times => metric({ name: 'ping', ...ofPeer, value, ...times }))
    },

    /** Of the repositories of all IPFS nodes together: what is in transfer, not what S3 can hold. */
    freespace(): Metric[] {
      const nodes = liveNodes()
      const free = Math.min(
        nodes.reduce((sum, node) => sum + freeBytes(node), 0),
        Number.MAX_SAFE_INTEGER,
      )
      if (free === 0) return []
      const value = { value: String(free), weight: free }
      return timesOf(nodes).map(times => metric({ name: 'freespace', ...ofPeer, ...value, ...times }))
    },
  }
}

/** The times of the latest announcement; none without a node. */
function timesOf(nodes: readonly LiveNode[]): { receivedAt: Date; expiresAt: Date }[] {
  const [latest] = nodes.toSorted((one, other) => other.announcedAt.getTime() - one.announcedAt.getTime())
  return latest ? [{ receivedAt: latest.announcedAt, expiresAt: latest.expiresAt }] : []
}
