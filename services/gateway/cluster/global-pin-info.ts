import type { LiveJob } from '#libs/bus/index.ts'
import type { ClusterPin } from '#libs/db/index.ts'
import { allocationsOf } from './allocations-of.ts'
import { momentText, secondsText } from './go-time.ts'
import { ownDetails } from './own-details.ts'
import { peerEntry, unpinnedEntry } from './peer-entry.ts'
import { sortedMetadata } from './sorted-metadata.ts'

/** The one peer that this API shows: clients take an empty peer map for an error. */
export type VirtualPeer = { id: string; name: string }

/**
 * The state of a pin: `GlobalPinInfo` of ipfs-cluster (api/types.go), in its field order, followed by what only we
 * know: `receipt` once pinned, `failure` once failed, `progress` while a worker is on it. `cid` is the CID as the client
 * of this request wrote it.
 */
export function globalPinInfo(
  { pin, content }: ClusterPin,
  live: LiveJob | undefined,
  peer: VirtualPeer,
  cid: string = pin.sentCid,
) {
  return {
    cid,
    name: pin.name,
    allocations: allocationsOf(pin, peer.id),
    origins: pin.origins as string[] | null,
    created: secondsText(pin.createdAt),
    metadata: sortedMetadata(pin.meta),
    peer_map: { [peer.id]: peerEntry({ pin, content }, peer) },
    ...ownDetails(content, live),
  }
}

/** The state of a CID that is not pinned, which is no error in ipfs-cluster (cluster.go, `globalPinInfoCid`). */
export function unpinnedInfo(cid: string, peer: VirtualPeer): ReturnType<typeof globalPinInfo> {
  const now = momentText(new Date())
  return {
    cid,
    name: '',
    allocations: [],
    origins: null,
    created: now,
    metadata: null,
    peer_map: { [peer.id]: unpinnedEntry(peer, now) },
  }
}
