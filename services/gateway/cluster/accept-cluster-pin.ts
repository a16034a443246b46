import type { AcceptedPin, ClusterPin, PinRequest } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'
import { defaultOptions } from './default-options.ts'
import { notPinned } from './not-pinned.ts'
import { newPin, type PinObject, updatedPin } from './pin-object.ts'
import type { PinOptions } from './pin-options.ts'
import { takenOver, wantedPin } from './pin-request.ts'
import type { RequestedCid } from './read-cid.ts'

type Deps = {
  acceptPin: (request: PinRequest) => Promise<AcceptedPin>
  /** The pin of a canonical CID. */
  findPin: (cid: string) => Promise<ClusterPin | undefined>
  newRequestId: () => string
  wakeOutbox: () => void
  account: string
  peerId: string
}

/**
 * Keeps a pin and gives the answer to its request; the work has not begun by then. `depth` is how deep the pin goes,
 * whatever the mode in the options says. Throws `HttpError` 400 when a rule of ipfs-cluster is broken, 404 when the pin
 * whose options are to be taken over is not there.
 */
export type AcceptClusterPin = (
  requested: RequestedCid,
  options: PinOptions,
  depth: PinOptions['mode'],
) => Promise<PinObject>

/** The rules of ipfs-cluster for a pin (cluster.go, `pin`). A CID that is pinned is overwritten. */
export function createAcceptClusterPin({
  acceptPin,
  findPin,
  newRequestId,
  wakeOutbox,
  account,
  peerId,
}: Deps): AcceptClusterPin {
  async function accept(pin: Omit<PinRequest, 'requestId' | 'account' | 'api'>): Promise<AcceptedPin> {
    const accepted = await acceptPin({ ...pin, requestId: newRequestId(), account, api: 'cluster' })
    wakeOutbox()
    return accepted
  }

  /** What was recursive does not become less. */
  async function refuseShallower({ cid }: RequestedCid): Promise<void> {
    const existing = await findPin(cid)
    if (existing && (existing.pin.options ?? defaultOptions).mode === 'recursive')
      throw new HttpError(
        400,
        'cannot repin a CID which is already pinned in recursive mode (new pin is pinned as direct). Unpin it first.',
      )
  }

  return async (requested, options, depth) => {
    const { pinUpdate, mode } = options
    if (pinUpdate && pinUpdate.cid !== requested.cid) {
      const source = await findPin(pinUpdate.cid)
      if (!source) throw notPinned()
      return updatedPin(await accept({ ...requested, ...takenOver(source.pin, options, pinUpdate) }), peerId)
    }
    const wanted = wantedPin(options, depth)
    if (mode === 'direct') await refuseShallower(requested)
    return newPin(await accept({ ...requested, ...wanted }), peerId, options)
  }
}
