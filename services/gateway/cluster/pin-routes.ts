import type { LiveJob } from '#libs/bus/index.ts'
import {
  bareClusterPins,
  type ClusterPin,
  type ContentState,
  clusterPins,
  createAcceptPin,
  createFindClusterPin,
  type Database,
  newRequestId,
  recoverContent,
  removeClusterPin,
} from '#libs/db/index.ts'
import type { HttpServer, sendObjects } from '#libs/http/index.ts'
import type { ResolvePath } from '#libs/ipfs/index.ts'
import { createAcceptClusterPin } from './accept-cluster-pin.ts'
import { createCidOfPath } from './cid-of-path.ts'
import { addDeletePin } from './delete-pin.ts'
import { addGetAllocation } from './get-allocation.ts'
import { addGetPin } from './get-pin.ts'
import { globalPinInfo, type VirtualPeer } from './global-pin-info.ts'
import { addListAllocations } from './list-allocations.ts'
import { addListPins } from './list-pins.ts'
import { addPathPins } from './path-pins.ts'
import { pinPages } from './pin-pages.ts'
import { addPostPin } from './post-pin.ts'
import { addRecoverAll } from './recover-all.ts'
import { addRecoverPin } from './recover-pin.ts'
import { createStatusOf } from './status-of.ts'
import { createUnpinCid } from './unpin-cid.ts'

type Deps = {
  db: Database
  account: string
  peer: VirtualPeer
  liveJob: (cid: string) => LiveJob | undefined
  wakeOutbox: () => void
  /** Undefined where no IPFS node is set. */
  resolvePath: ResolvePath | undefined
  resolveTimeoutMs: number
  maxOrigins: number
  maxCids: number
  lists: Parameters<typeof sendObjects>[2]
}

/** The routes over the pins of one account. */
export function addPinRoutes(server: HttpServer, deps: Deps): void {
  const {
    db,
    account,
    peer,
    liveJob,
    wakeOutbox,
    resolvePath,
    resolveTimeoutMs,
    maxOrigins,
    maxCids,
    lists,
  } = deps
  const peerId = peer.id
  const findPin = createFindClusterPin(db, account)
  const pinsIn = (states?: readonly ContentState[]) =>
    pinPages(page => clusterPins(db, { account, ...page }), states)
  const infoOf = (found: ClusterPin) => globalPinInfo(found, liveJob(found.pin.cid), peer)
  const statusOf = createStatusOf({ findPin, liveJob, peer })
  const accept = createAcceptClusterPin({
    acceptPin: createAcceptPin(db),
    findPin,
    newRequestId,
    wakeOutbox,
    account,
    peerId,
  })
  const unpin = createUnpinCid({
    removePin: cid => removeClusterPin(db, { account, cid }),
    wakeOutbox,
    peerId,
  })
  async function recover(cid: string) {
    const found = await recoverContent(db, { account, cid })
    if (found?.recovered) wakeOutbox()
    return found
  }

  addPostPin(server, { acceptPin: accept, maxOrigins })
  addDeletePin(server, { unpin })
  const cidOfPath = createCidOfPath({ resolvePath, timeoutMs: resolveTimeoutMs })
  addPathPins(server, { cidOfPath, acceptPin: accept, unpin, maxOrigins })
  addGetPin(server, { statusOf })
  addListPins(server, { pinsIn, infoOf, statusOf, maxCids, lists })
  addRecoverPin(server, { recover, statusOf })
  addRecoverAll(server, { failedPins: () => pinsIn(['failed']), recover, infoOf, lists })
  addListAllocations(server, {
    allPins: () => pinPages(page => bareClusterPins(db, { account, ...page })),
    peerId,
    lists,
  })
  addGetAllocation(server, { findPin, peerId })
}
