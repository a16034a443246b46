import type { Logger } from '#libs/telemetry/index.ts'

import { judgeOrigin } from './address-policy.ts'
import type { ConnectedOrigins, RefusedOrigin, TimeLimit } from './dag-source.ts'
import { beginCall, type KuboCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import type { Peerings } from './peerings.ts'

type Deps = {
  http: KuboHttp
  peerings: Peerings
  /** Of the node itself, which it cannot dial. */
  ownPeerId: (options: TimeLimit) => Promise<string>
  allowPrivate: boolean
  log: Logger
}
type Dialable = Exclude<ReturnType<typeof judgeOrigin>, { reason: string }> & { origin: string }

/**
 * First `swarm/peering/add`, then `swarm/connect`. Peering makes bitswap ask the peer for blocks it is not known to
 * have (broadcast reduction, Kubo 0.36 and later) and reconnects it; alone it takes seconds before its first dial.
 * `swarm/connect` dials at once and does nothing for a peer that is connected.
 */
export async function connectOrigins(
  deps: Deps,
  origins: readonly string[],
  options: TimeLimit,
): Promise<ConnectedOrigins> {
  if (origins.length === 0) return createConnectedOrigins(deps.peerings, [], [])
  const call = beginCall('connect', options, { expired: 'not-found', failed: 'not-found' })
  const ownPeerId = await deps.ownPeerId(options)
  const judged = [...new Set(origins)].map(origin => ({
    origin,
    ...judgeOrigin(origin, { allowPrivate: deps.allowPrivate, ownPeerId }),
  }))
  const refused: RefusedOrigin[] = judged.filter(origin => 'reason' in origin)
  const byPeer = Map.groupBy(
    judged.filter(origin => 'peerId' in origin),
    ({ peerId }) => peerId,
  )
  const connected = createConnectedOrigins(deps.peerings, [...byPeer.keys()], refused)
  const dialled = [...byPeer.values()].map(dialables => connectPeer(deps, dialables, call))
  refused.push(...(await Promise.all(dialled)).flat())
  if (options.signal.aborted) {
    await connected[Symbol.asyncDispose]()
    throw options.signal.reason
  }
  return connected
}

/** Holds the peer, dials all addresses it was given by and tells which of them failed. */
async function connectPeer(
  deps: Deps,
  origins: readonly Dialable[],
  call: KuboCall,
): Promise<RefusedOrigin[]> {
  const [{ peerId } = { peerId: '' }] = origins
  const peered = deps.peerings.hold(
    peerId,
    origins.map(({ address }) => address.toString()),
    call.signal,
  )
  const refusals = origins.map(async ({ origin, address }) => {
    try {
      await peered
      const parameters = { arg: address.toString(), timeout: call.kuboTimeout }
      const { body } = await deps.http.runCommand('swarm/connect', parameters, call.signal)
      await body.dump()
      return []
    } catch (error) {
      const failure = call.translate(error)
      deps.log.debug({ err: failure, origin }, 'origin not connected')
      return [{ origin, reason: failure instanceof Error ? failure.message : String(failure) }]
    }
  })
  return (await Promise.all(refusals)).flat()
}

function createConnectedOrigins(
  peerings: Peerings,
  peerIds: readonly string[],
  refused: readonly RefusedOrigin[],
): ConnectedOrigins {
  let released: Promise<unknown> | undefined
  return {
    peerIds,
    refused,
    async [Symbol.asyncDispose]() {
      released ??= Promise.all(peerIds.map(peerId => peerings.release(peerId)))
      await released
    },
  }
}
