import { PostponedError } from '#libs/bus/index.ts'
import { TransientError } from '#libs/errors/index.ts'
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
 * dead ones would keep each other, and the living, from being searched. Who comes when few look begins as one of them, and
 * its search is never cut in two.
 */
export function createLocateRoot({ locate, timeoutMs, firstTimeoutMs, longLooks }: Deps): LocateRoot {
  let looking = 0
  metrics.slotLimit.record(longLooks, { 'pickup.slot': 'long-look' })
  const count = (change: 1 | -1) => {
    looking += change
    metrics.slotUsage.add(change, { 'pickup.slot': 'long-look' })
  }

  /** `times.firstMs` is what is left of the first look. */
  async function lookForLong(
    cid: string,
    signal: AbortSignal,
    onLongLook: () => Promise<unknown>,
    times: { firstMs: number; timeoutMs: number },
  ): ReturnType<DagSource['locate']> {
    const untold = new AbortController()
    const timer = setTimeout(() => {
      onLongLook().catch((error: unknown) => untold.abort(error))
    }, times.firstMs)
    count(1)
    try {
      return await locate(cid, {
        timeoutMs: times.timeoutMs,
        signal: AbortSignal.any([signal, untold.signal]),
      })
    } finally {
      clearTimeout(timer)
      count(-1)
    }
  }

  return async (cid, signal, onLongLook) => {
    if (looking < longLooks)
      return lookForLong(cid, signal, onLongLook, { firstMs: firstTimeoutMs, timeoutMs })
    try {
      return await locate(cid, { timeoutMs: firstTimeoutMs, signal })
    } catch (error) {
      if (!(error instanceof TransientError && error.code === 'not-found')) throw error
    }
    if (looking >= longLooks) throw new PostponedError('its root block did not come at the first look')
    return lookForLong(cid, signal, onLongLook, { firstMs: 0, timeoutMs: timeoutMs - firstTimeoutMs })
  }
}
