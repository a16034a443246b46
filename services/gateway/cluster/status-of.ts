import type { LiveJob } from '#libs/bus/index.ts'
import { type Database, findClusterPins } from '#libs/db/index.ts'
import { globalPinInfo, unpinnedInfo, type VirtualPeer } from './global-pin-info.ts'
import type { RequestedCid } from './read-cid.ts'

type Deps = {
  db: Database
  liveJob: (cid: string) => LiveJob | undefined
  account: string
  peer: VirtualPeer
}

/** States of CIDs, in the order asked for. */
export type StatusOf = (cids: readonly RequestedCid[]) => Promise<ReturnType<typeof globalPinInfo>[]>

/** One query for all CIDs; progress comes from memory. */
export const createStatusOf =
  ({ db, liveJob, account, peer }: Deps): StatusOf =>
  async requested => {
    const found = await findClusterPins(db, { account, cids: requested.map(({ cid }) => cid) })
    return requested.map(({ cid, sentCid }) => {
      const pin = found.get(cid)
      return pin ? globalPinInfo(pin, liveJob(cid), peer, sentCid) : unpinnedInfo(sentCid, peer)
    })
  }
