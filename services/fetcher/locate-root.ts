import { PostponedError } from '#libs/bus/index.ts'
import type { DagSource } from '#libs/ipfs/index.ts'
import { metrics } from '#libs/telemetry/index.ts'

type Deps = {
  locate: DagSource['locate']
  timeoutMs: number
  /** After it the job gives its place to others, unless it is one of `longLooks`. */
  firstTimeoutMs: number
  /** How many may look until `timeoutMs` at once. */
  longLooks: number
}

/**
 * Waits for the root block of a DAG. Throws `PostponedError` after the first look, and `TransientError('not-found')`
 * only after a look of the whole time: a CID that is slow to find fails no sooner than it would alone.
 *
 * `onLongLook` is called when the first look is over and the job goes on; when it rejects, so does the look.
 */
export type LocateRoot = (
  cid: string,
  signal: AbortSignal,
  onLongLook: () => Promise<unknown>,
) => ReturnType<DagSource['locate']>

/**
 * Most roots that can be found are found at once, so that those which nobody has must not hold up the others for their
 * whole time. Few may: Kubo searches the routing system for 8 CIDs at a time (boxo providerquerymanager), so that many
 * dead ones would keep each other, and the living, from being searched.
 */
export function createLocateRoot({ locate, timeoutMs, firstTimeoutMs, longLooks }: Deps): LocateRoot {
  let looking = 0
  metrics.slotLimit.record(longLooks, { 'pickup.slot': 'long-look' })
  return async (cid, signal, onLongLook) => {
    const givingWay = new AbortController()
    let isLong = false
    const timer = setTimeout(() => {
      if (looking < longLooks) {
        looking++
        metrics.slotUsage.add(1, { 'pickup.slot': 'long-look' })
        isLong = true
        onLongLook().catch((error: unknown) => givingWay.abort(error))
      } else givingWay.abort(new PostponedError('its root block did not come at the first look'))
    }, firstTimeoutMs)
    try {
      return await locate(cid, { timeoutMs, signal: AbortSignal.any([signal, givingWay.signal]) })
    } finally {
      clearTimeout(timer)
      if (isLong) {
        looking--
        metrics.slotUsage.add(-1, { 'pickup.slot': 'long-look' })
      }
    }
  }
}
