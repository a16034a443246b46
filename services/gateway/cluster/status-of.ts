import type { LiveJob } from '#libs/bus/index.ts'
import type { ClusterPin } from '#libs/db/index.ts'
import { globalPinInfo, unpinnedInfo, type VirtualPeer } from './global-pin-info.ts'
import type { RequestedCid } from './read-cid.ts'

type Deps = {
  findPin: (cid: string) => Promise<ClusterPin | undefined>
  liveJob: (cid: string) => LiveJob | undefined
  peer: VirtualPeer
}

/** The state of a CID. */
export type StatusOf = (requested: RequestedCid) => Promise<ReturnType<typeof globalPinInfo>>

/** Progress comes from memory. */
export const createStatusOf =
  ({ findPin, liveJob, peer }: Deps): StatusOf =>
  async ({ cid, sentCid }) => {
    const pin = await findPin(cid)
    return pin ? globalPinInfo(pin, liveJob(cid), peer, sentCid) : unpinnedInfo(sentCid, peer)
  }
