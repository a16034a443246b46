import { Kvm } from '@nats-io/kv'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { mirrorKeys } from './mirror-keys.ts'

const announcement = Type.Object({
  /** Of the IPFS node, not of the fetcher beside it. */
  peerId: Type.String({ minLength: 1 }),
  /** Where others can dial it: multiaddrs that end in `/p2p/<peerId>`. */
  addresses: Type.Array(Type.String()),
  agentVersion: Type.String(),
  /** What its repository holds, and what it may hold. */
  repoBytes: Type.Integer({ minimum: 0 }),
  repoLimitBytes: Type.Integer({ minimum: 0 }),
  /** Transfers that run now, and how many may. */
  transfers: Type.Integer({ minimum: 0 }),
  transferSlots: Type.Integer({ minimum: 0 }),
})
const readable = Compile(announcement)

/** What a fetcher says of its IPFS node. Who reads it meets announcements of older and newer fetchers. */
export type NodeAnnouncement = Static<typeof announcement>

/** An IPFS node that is in use now. The times are those of the NATS server, the same for all who ask. */
export type LiveNode = NodeAnnouncement & { announcedAt: Date; expiresAt: Date }

const keyOf = (peerId: string) => `node.${peerId}`

/** Writes announcements. Both reject when NATS does not answer. */
export type NodeAnnouncer = {
  announce: (node: NodeAnnouncement) => Promise<void>
  /** Takes the node out of the view at once, where silence would take until it expires. */
  withdraw: (peerId: string) => Promise<void>
}

/** Opens the bucket for announcing a node. */
export async function openNodeAnnouncer(bus: Bus): Promise<NodeAnnouncer> {
  const bucket = await new Kvm(bus.stream).open(bus.names.bucket('LIVE'))
  return {
    async announce(node) {
      await bucket.put(keyOf(node.peerId), JSON.stringify(node))
    },
    withdraw: peerId => bucket.delete(keyOf(peerId)),
  }
}

/** The IPFS nodes of all fetchers, kept by a watch. */
export type LiveNodes = AsyncDisposable & {
  /** By peer id, so that the first one stays the same as long as it lives. */
  list: () => LiveNode[]
  /** When the latest announcement of any node was written; when the mirror began, as long as there was none. */
  lastHeardAt: () => Date
}

/** Mirrors the announced nodes in memory. One that was not announced for `maxAgeMs` is gone. */
export async function mirrorLiveNodes(
  bus: Bus,
  { maxAgeMs, log }: { maxAgeMs: number; log: Logger },
): Promise<LiveNodes> {
  let lastHeardAt = new Date()
  const nodes = await mirrorKeys<LiveNode>(bus, {
    keys: keyOf('*'),
    read(entry) {
      const said: unknown = entry.json()
      if (!readable.Check(said)) throw new Error('not the announcement of a node')
      const announcedAt = entry.created
      if (announcedAt > lastHeardAt) lastHeardAt = announcedAt
      return { ...said, announcedAt, expiresAt: new Date(announcedAt.getTime() + maxAgeMs) }
    },
    maxAgeMs,
    log,
  })
  return {
    list: () => nodes.values().sort((one, other) => (one.peerId < other.peerId ? -1 : 1)),
    lastHeardAt: () => lastHeardAt,
    [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose](),
  }
}
