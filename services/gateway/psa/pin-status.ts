import type { LiveJob } from '#libs/bus/index.ts'
import type { AcceptedPin, ContentState, Setback } from '#libs/db/index.ts'
import type { Delegates } from './delegates.ts'
import { pinInfo } from './pin-info.ts'

/** Of the specification: `Pin.origins` has no more. */
const maxShownOrigins = 20

const statuses: Record<ContentState, 'queued' | 'pinning' | 'pinned' | 'failed'> = {
  queued: 'queued',
  pinning: 'pinning',
  pinned: 'pinned',
  failed: 'failed',
  // Of a content that no pin wants: whoever has one here has just been given it.
  unpinned: 'queued',
}

type Deps = { liveJob: (cid: string) => LiveJob | undefined; delegates: Delegates }

/** What was looked up beside the pin: how many contents are before it in the queue, and what has failed so far. */
type LookedUp = { ahead?: number | undefined; setback?: Setback | undefined }

/** `PinStatus` of the specification. */
export type PinStatusOf = (accepted: AcceptedPin, lookedUp?: LookedUp) => ReturnType<typeof pinStatus>

/** The last word of a worker counts while there is work; afterwards the row does. */
export const createPinStatusOf =
  ({ liveJob, delegates }: Deps): PinStatusOf =>
  (accepted, lookedUp = {}) =>
    pinStatus(accepted, { delegates: delegates(), live: liveJob(accepted.content.cid), ...lookedUp })

type More = LookedUp & { delegates: string[]; live: LiveJob | undefined }

function pinStatus({ pin, content }: AcceptedPin, { delegates, ...known }: More) {
  return {
    requestid: pin.requestId,
    status: statuses[content.state],
    created: pin.createdAt.toISOString(),
    pin: shownPin(pin),
    delegates,
    info: pinInfo(pin, { content, ...known }),
  }
}

/** As it was sent, without what was not sent: the specification knows no null. */
const shownPin = ({ sentCid, name, origins, meta }: AcceptedPin['pin']) => ({
  cid: sentCid,
  ...(name === '' ? {} : { name }),
  ...(origins.length === 0 ? {} : { origins: origins.slice(0, maxShownOrigins) }),
  ...(Object.keys(meta).length === 0 ? {} : { meta }),
})
