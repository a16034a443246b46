import type { Logger } from '#libs/telemetry/index.ts'

import { abortable } from './abortable.ts'
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
}

type Peer = { holders: number; addresses: Set<string>; lastStep: Promise<unknown> }

const removalTimeoutMs = 5_000

export function createPeerings({ http, log }: { http: KuboHttp; log: Logger }): Peerings {
  const peers = new Map<string, Peer>()

  /** One step at a time per peer: an addition must not overtake the removal before it. */
  const inTurn = (peer: Peer, step: () => Promise<void>): Promise<void> => {
    const result = peer.lastStep.then(step)
    peer.lastStep = Promise.allSettled([result])
    return result
  }

  return {
    async hold(peerId, addresses, signal) {
      const peer = peers.get(peerId) ?? { holders: 0, addresses: new Set(), lastStep: Promise.resolve() }
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
      await inTurn(peer, async () => {
        if (peer.holders > 0 || peers.get(peerId) !== peer) return
        try {
          await removePeering(http, peerId)
        } catch (error) {
          log.warn({ err: error, peerId }, 'could not end a peering')
        }
        peer.addresses = new Set()
        if (peer.holders === 0) peers.delete(peerId)
      })
    },
  }
}

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
