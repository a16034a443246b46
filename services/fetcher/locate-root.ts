import { PostponedError } from '#libs/bus/index.ts'
import { TransientError } from '#libs/errors/index.ts'
import type { DagSource } from '#libs/ipfs/index.ts'
import { metrics } from '#libs/telemetry/index.ts'

type Deps = {
  locate: DagSource['locate']
  timeoutMs: number
  /** For jobs that find no place among `longLooks`. */
  firstTimeoutMs: number
  /** How many may look for `timeoutMs` at once. */
  longLooks: number
}

/**
 * Waits for the root block of a DAG. Throws `PostponedError` after the first look, and `TransientError('not-found')`
 * only after a look of the whole time: a CID that is slow to find fails no sooner than it would alone.
 *
 * `onLongLook` is called when `firstTimeoutMs` is over and the job goes on; when it rejects, so does the look.
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

  async function lookForLong(
    cid: string,
    signal: AbortSignal,
    onLongLook: () => Promise<unknown>,
    firstMs: number,
  ): ReturnType<DagSource['locate']> {
    const untold = new AbortController()
    const timer = setTimeout(() => {
      onLongLook().catch((error: unknown) => untold.abort(error))
    }, firstMs)
    count(1)
    try {
      return await locate(cid, { timeoutMs, signal: AbortSignal.any([signal, untold.signal]) })
    } catch (error) {
      if (!isTimedOut(error)) throw error
      throw new TransientError('not-found', error.message, { cause: error })
    } finally {
      clearTimeout(timer)
      count(-1)
    }
  }

  return async (cid, signal, onLongLook) => {
    if (looking < longLooks) return lookForLong(cid, signal, onLongLook, firstTimeoutMs)
    try {
      return await locate(cid, { timeoutMs: Math.min(firstTimeoutMs, timeoutMs), signal })
    } catch (error) {
      if (!isTimedOut(error)) throw error
    }
    if (looking >= longLooks) throw new PostponedError('its root block did not come at the first look')
    // The node begins its search anew, so this one gets the whole time.
    return lookForLong(cid, signal, onLongLook, 0)
  }
}

const isTimedOut = (error: unknown): error is TransientError =>
  error instanceof TransientError && error.code === 'timed-out'
