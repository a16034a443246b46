import type { Logger } from '#libs/telemetry/index.ts'

import { collectGarbage } from './collect-garbage.ts'
import type { DagSource, TimeLimit } from './dag-source.ts'
import { createEmptyBlock } from './empty-block.ts'
import { streamExportedCar } from './export-car.ts'
import { findPin } from './find-pin.ts'
import { streamGatewayCar } from './gateway-car.ts'
import { readEndpoint } from './kubo-endpoint.ts'
import { openKuboHttp } from './kubo-http.ts'
import { listPins } from './list-pins.ts'
import { locate } from './locate.ts'
import { identify, isReady, measureRepo } from './node-state.ts'
import { connectOrigins } from './origins.ts'
import { createPeerings } from './peerings.ts'
import { pinAhead } from './pin-ahead.ts'
import { createPinGate } from './pin-gate.ts'
import { anyPeerAlive } from './ping-peers.ts'
import { unpin } from './unpin.ts'

export type KuboOptions = {
  /** Address of the RPC API. `user:password@` in it is sent as basic authorization; the path defaults to `/api/v0`. */
  apiUrl: string
  /** Address of the trustless gateway of the same node, with or without credentials. */
  gatewayUrl: string
  /** Where `streamCar` reads. The gateway is about three times as fast; `dag/export` needs the RPC only. */
  carSource?: 'gateway' | 'dag-export'
  allowPrivateOrigins: boolean
  log: Logger
}

/**
 * A {@link DagSource} over one Kubo node (0.40 or later), which it expects to have for itself: peerings and garbage
 * collections of others are not seen, nor are pins that run. Connects on demand. Disposing breaks the requests that run.
 */
export function connectKubo({
  apiUrl,
  gatewayUrl,
  carSource = 'gateway',
  allowPrivateOrigins,
  log,
}: KuboOptions): DagSource & AsyncDisposable {
  const rpc = readEndpoint(apiUrl, '/api/v0')
  const http = openKuboHttp({ rpc, gateway: readEndpoint(gatewayUrl, '/') })
  const gate = createPinGate()
  const emptyBlock = createEmptyBlock(http)
  const peerings = createPeerings({ http, log })
  let known: string | undefined
  // Asked for once: it stays for the life of a repository, and every job with origins needs it.
  const ownPeerId = async (options: TimeLimit) => (known ??= (await identify(http, options)).peerId)
  const origins = { http, peerings, ownPeerId, allowPrivate: allowPrivateOrigins, log }
  const streamCar = carSource === 'gateway' ? streamGatewayCar : streamExportedCar
  return {
    locate: (cid, options) => locate({ http, emptyBlock }, cid, options),
    connectOrigins: (addresses, options) => connectOrigins(origins, addresses, options),
    endStalePeerings: options => peerings.endStale(options),
    pinAhead: (cid, options) => pinAhead({ http, gate, emptyBlock }, cid, options),
    streamCar: (cid, options) => streamCar(http, cid, options),
    streamLocalCar: (cid, options) => streamExportedCar(http, cid, options, { localOnly: true }),
    findPin: (cid, options) => findPin(http, cid, options),
    listPins: options => listPins(http, options),
    unpin: (cid, options) => unpin({ http, gate }, cid, options),
    anyPeerAlive: (peerIds, options) => anyPeerAlive(http, peerIds, options),
    collectGarbage: options => collectGarbage({ http, gate, emptyBlock }, options),
    identify: options => identify(http, options),
    measureRepo: options => measureRepo(http, options),
    isReady: options => isReady(http, { ...options, usesGateway: carSource === 'gateway' }),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
