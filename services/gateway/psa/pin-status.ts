import type { LiveJob } from '#libs/bus/index.ts'
import type { AcceptedPin, ContentState } from '#libs/db/index.ts'
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

/** `PinStatus` of the specification. `ahead` is how many contents are before it in the queue, where that was looked up. */
export type PinStatusOf = (accepted: AcceptedPin, ahead?: number) => ReturnType<typeof pinStatus>

/** The last word of a worker counts while there is work; afterwards the row does. */
export const createPinStatusOf =
  ({ liveJob, delegates }: Deps): PinStatusOf =>
  (accepted, ahead) =>
    pinStatus(accepted, { delegates: delegates(), live: liveJob(accepted.content.cid), ahead })

type More = { delegates: string[]; live: LiveJob | undefined; ahead: number | undefined }

function pinStatus({ pin, content }: AcceptedPin, { delegates, live, ahead }: More) {
  return {
    requestid: pin.requestId,
    status: statuses[content.state],
    created: pin.createdAt.toISOString(),
    pin: shownPin(pin),
    delegates,
    info: pinInfo(pin, { content, live, ahead }),
  }
}

/** As it was sent, without what was not sent: the specification knows no null. */
const shownPin = ({ sentCid, name, origins, meta }: AcceptedPin['pin']) => ({
  cid: sentCid,
  ...(name === '' ? {} : { name }),
  ...(origins.length === 0 ? {} : { origins: origins.slice(0, maxShownOrigins) }),
  ...(Object.keys(meta).length === 0 ? {} : { meta }),
})
