import type { AcceptedPin } from '#libs/db/index.ts'
import { notPinned } from './not-pinned.ts'
import { type PinObject, storedPin } from './pin-object.ts'
import type { RequestedCid } from './read-cid.ts'

type Deps = {
  /** Removes the pin of a canonical CID, and cancels work that nobody else needs. */
  removePin: (cid: string) => Promise<AcceptedPin | undefined>
  wakeOutbox: () => void
  peerId: string
}

/** Removes a pin and gives it back as it was. Throws `HttpError` 404 when there is none. */
export type UnpinCid = (requested: RequestedCid) => Promise<PinObject>

export const createUnpinCid =
  ({ removePin, wakeOutbox, peerId }: Deps): UnpinCid =>
  async ({ cid, sentCid }) => {
    const removed = await removePin(cid)
    if (!removed) throw notPinned()
    wakeOutbox()
    return storedPin(removed, peerId, sentCid)
  }
