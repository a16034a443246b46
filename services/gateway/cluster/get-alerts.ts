import { Type } from 'typebox'
import type { LiveNode } from '#libs/bus/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import type { VirtualPeer } from './global-pin-info.ts'
import { freeBytes, metric } from './metric.ts'

type Deps = {
  peer: VirtualPeer
  liveNodes: () => readonly LiveNode[]
  lastHeardAt: () => Date
}

/** Part of a repository at which Kubo itself wants to collect garbage (its `Datastore.StorageGCWatermark`). */
const almostFull = 0.9

/** A cluster peer's metric expires when it was not heard for a minute, as an announcement in LIVE does. */
const silenceMs = 60_000

/** `GET /health/alerts` → what is wrong now; an empty list when nothing is. */
export function addGetAlerts(server: HttpServer, deps: Deps): void {
  server.get(
    '/health/alerts',
    describeRoute({
      tag: 'health',
      summary: 'What is wrong now',
      description:
        '`ping` of the one peer: no IPFS node is in use. `freespace` of an IPFS node: its repository is almost full.',
      answers: { 200: json(Type.Array(Type.Ref('Alert#'))) },
    }),
    () => alertsOf(deps, new Date()),
  )
}

/**
 * `Alert` of ipfs-cluster (api/types.go): the metric that tells of the problem, and since when. Ours are conditions
 * that end with the problem, where ipfs-cluster keeps a list of what was.
 */
function alertsOf({ peer, liveNodes, lastHeardAt }: Deps, now: Date) {
  const nodes = liveNodes()
  const full = nodes.filter(node => node.repoBytes >= almostFull * node.repoLimitBytes)
  return [...(nodes.length === 0 ? noNode(peer, lastHeardAt(), now) : []), ...full.map(nodeAlmostFull)]
}

function noNode(peer: VirtualPeer, receivedAt: Date, now: Date) {
  const expiresAt = new Date(receivedAt.getTime() + silenceMs)
  // A fetcher that is replaced withdraws its node and soon announces it again.
  if (now < expiresAt) return []
  const ping = metric({ name: 'ping', peer: peer.id, value: '', receivedAt, expiresAt })
  return [{ ...ping, triggered_at: expiresAt.toISOString() }]
}

/** Of the node and not of the one peer: the others may have room. Told since the latest announcement. */
function nodeAlmostFull(node: LiveNode) {
  const free = freeBytes(node)
  const { peerId: peer, announcedAt: receivedAt, expiresAt } = node
  const freespace = metric({
    name: 'freespace',
    peer,
    value: String(free),
    weight: free,
    receivedAt,
    expiresAt,
  })
  return { ...freespace, triggered_at: receivedAt.toISOString() }
}
