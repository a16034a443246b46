import type { Logger } from '#libs/telemetry/index.ts'

import { abortable } from './abortable.ts'
import type { TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import { readJsonLines } from './read-json-lines.ts'

/**
 * The peers that Kubo's peering service keeps connected for us, counted over all jobs. Peering lasts as long as the
 * Kubo process, or until the last holder releases it; a peering of the operator's own to the same peer ends with it.
 */
export type Peerings = {
  /**
   * Counts one more holder and adds the addresses that Kubo does not know yet.
   * The holder counts even if this rejects: release it in any case.
   */
  hold(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void>
  /** Counts one holder less; the last one ends the peering. Never rejects: a failure is logged. */
  release(peerId: string): Promise<void>
  /** Ends the peerings that nobody here holds and that Kubo's configuration does not have, and returns how many. */
  endStale(options: TimeLimit): Promise<number>
}

type Peer = { holders: number; addresses: Set<string>; lastStep: Promise<unknown> }

const removalTimeoutMs = 5_000
const failed = 'source-unavailable'

export function createPeerings({ http, log }: { http: KuboHttp; log: Logger }): Peerings {
  const peers = new Map<string, Peer>()

  /** One step at a time per peer: an addition must not overtake the removal before it. */
  const inTurn = (peer: Peer, step: () => Promise<void>): Promise<void> => {
    const result = peer.lastStep.then(step)
    peer.lastStep = Promise.allSettled([result])
    return result
  }

  const endIfFree = (peerId: string, peer: Peer): Promise<void> =>
    inTurn(peer, async () => {
      if (peer.holders > 0 || peers.get(peerId) !== peer) return
      try {
        await removePeering(http, peerId)
      } catch (error) {
        log.warn({ err: error, peerId }, 'could not end a peering')
      }
      peer.addresses = new Set()
      if (peer.holders === 0) peers.delete(peerId)
    })

  return {
    async hold(peerId, addresses, signal) {
      const peer = peers.get(peerId) ?? newPeer()
      peers.set(peerId, peer)
      peer.holders += 1
      const adding = inTurn(peer, async () => {
        const all = new Set([...peer.addresses, ...addresses])
        if (all.size === peer.addresses.size) return
        // Kubo replaces the addresses of a peer it has, so all of them are sent.
        await addPeering(http, [...all], signal)
        peer.addresses = all
      })
      await abortable(adding, signal)
    },

    async release(peerId) {
      const peer = peers.get(peerId)
      if (peer === undefined) return
      peer.holders -= 1
      await endIfFree(peerId, peer)
    },

    async endStale(options) {
      const call = beginCall('end peerings', options, { expired: failed, failed })
      try {
        const configured = await readConfigured(http, call.signal)
        const stale = (await readAll(http, call.signal)).filter(id => !configured.has(id) && !peers.has(id))
        for (const peerId of stale) {
          // Who wants to hold it meanwhile waits for its end.
          const peer = peers.get(peerId) ?? newPeer()
          peers.set(peerId, peer)
          await endIfFree(peerId, peer)
        }
        return stale.length
      } catch (error) {
        throw call.translate(error)
      }
    },
  }
}

const newPeer = (): Peer => ({ holders: 0, addresses: new Set(), lastStep: Promise.resolve() })

async function addPeering(http: KuboHttp, addresses: readonly string[], signal: AbortSignal): Promise<void> {
  await drain(http.runCommand('swarm/peering/add', { arg: addresses }, signal))
}

async function removePeering(http: KuboHttp, peerId: string): Promise<void> {
  const signal = AbortSignal.timeout(removalTimeoutMs)
  await drain(http.runCommand('swarm/peering/rm', { arg: peerId }, signal))
}

async function drain(running: ReturnType<KuboHttp['runCommand']>): Promise<void> {
  const lines = readJsonLines(await running)
  while (!(await lines.next()).done);
}

async function readAll(http: KuboHttp, signal: AbortSignal): Promise<string[]> {
  const { body } = await http.runCommand('swarm/peering/ls', {}, signal)
  return idsOf(((await body.json()) as { Peers: PeerInfo[] | null }).Peers)
}

/** The operator's own: they come back with each start of Kubo. */
async function readConfigured(http: KuboHttp, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { body } = await http.runCommand('config', { arg: 'Peering.Peers' }, signal)
  return new Set(idsOf(((await body.json()) as { Value: PeerInfo[] | null }).Value))
}

type PeerInfo = { ID: string }
const idsOf = (peers: readonly PeerInfo[] | null): string[] => (peers ?? []).map(({ ID }) => ID)
