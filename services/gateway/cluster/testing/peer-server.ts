import type { LiveNode } from '#libs/bus/index.ts'
import { createServer } from '#libs/http/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { addPeerRoutes } from '../peer-routes.ts'

export const peer = { id: '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY', name: 'pickup' }

const announcedAt = new Date('2026-01-01T00:00:00.123Z')

/** A node as the live view lists it. */
export const nodeOf = (change: Partial<LiveNode> = {}): LiveNode => {
  const { peerId = '12D3KooWQ5HvpRBXEGkR4iP1VRVxRUjPM98S9ajfKJ5VJQMXmV4u' } = change
  return {
    peerId,
    addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${peerId}`],
    agentVersion: 'kubo/0.43.0',
    repoBytes: 10,
    repoLimitBytes: 1_000,
    transfers: 0,
    transferSlots: 10,
    announcedAt,
    expiresAt: new Date(announcedAt.getTime() + 60_000),
    ...change,
  }
}

type Situation = { nodes?: LiveNode[]; heardAt?: Date; queuedPins?: number }

/** The routes of the peer while the live view and the queue are as given. */
export async function askPeer(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  { nodes = [nodeOf()], heardAt = new Date(), queuedPins = 0 }: Situation = {},
) {
  const server = createServer({
    log: createLogger('test', 'silent'),
    errorBody: (code, message) => ({ code, message }),
    isBackendAway: () => false,
    maxHeaderBytes: 4_096,
    requestTimeoutMs: 5_000,
  })
  addPeerRoutes(server, {
    peer,
    liveNodes: () => nodes,
    lastHeardAt: () => heardAt,
    countQueuedPins: async () => queuedPins,
    stallTimeoutMs: 500,
  })
  const { statusCode: status, headers, body, trailers } = await server.inject({ method, url })
  await server.close()
  return { status, headers, body, trailers }
}
