import { type CarLimits, type CarScanner, createCarScanner } from '#libs/car/index.ts'
import { isOutage, PermanentError, PickupError, TransientError } from '#libs/errors/index.ts'
import type { DagSource } from '#libs/ipfs/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'

type Deps = {
  source: Pick<DagSource, 'anyPeerAlive' | 'streamLocalCar'>
  limits: CarLimits
  log: Logger
}

/** How a transfer ended. `stalled`, `total` and `ended` are the signals that may have ended it. */
type Circumstances = {
  cid: string
  scanner: CarScanner
  stalled: AbortSignal
  total: AbortSignal
  ended: AbortSignal
  pinFailure: unknown
  peerIds: readonly string[]
  signal: AbortSignal
}

/** The error to throw for a failed transfer. Rejects with the signal's reason when the job is taken away meanwhile. */
export type ExplainFailure = (error: unknown, circumstances: Circumstances) => Promise<unknown>

const maxMissingCids = 20
const pingTimeoutMs = 3_000
const examineTimeoutMs = 10_000

/** The first evidence that something is wrong is rarely the reason: this finds the reason that helps the user. */
export function createExplainFailure({ source, limits, log }: Deps): ExplainFailure {
  /**
   * What the blocks that did come tell: which links are missing, or that no transfer can succeed. The stream tells
   * less, because it waits for the first missing block, and the gateway then keeps back what it had before.
   */
  async function examineLocalBlocks(cid: string, signal: AbortSignal): Promise<CarScanner | PermanentError> {
    const local = createCarScanner({ root: cid, limits })
    try {
      for await (const chunk of source.streamLocalCar(cid, { timeoutMs: examineTimeoutMs, signal }))
        local.push(chunk)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof PermanentError) return error
      log.debug({ err: error, cid }, 'local blocks not examined to the end')
    }
    return local
  }

  return async (error, { cid, scanner, stalled, total, ended, pinFailure, peerIds, signal }) => {
    if (ended.reason instanceof PermanentError) return ended.reason
    if (error instanceof PermanentError) return error
    const isForeign =
      error instanceof PickupError ? error.code !== 'dag-incomplete' : pinFailure === undefined
    if (!stalled.aborted && !total.aborted) {
      if (pinFailure instanceof PickupError && isOutage(pinFailure.code)) return pinFailure
      if (isForeign) return error
    }

    const local = await examineLocalBlocks(cid, signal)
    if (local instanceof PermanentError) return local
    const missingCids = (local.blocks > scanner.blocks ? local : scanner).missing(maxMissingCids)
    if (stalled.aborted) {
      const alive = await source.anyPeerAlive(peerIds, { timeoutMs: pingTimeoutMs, signal })
      return alive
        ? new TransientError('dag-incomplete', `the origins answer, but none has ${named(missingCids)}`, {
            missingCids,
          })
        : new TransientError('stalled', `nothing came for too long; waiting for ${named(missingCids)}`, {
            missingCids,
          })
    }
    if (total.aborted)
      return new TransientError('timed-out', `${scanner.sizeBytes} bytes came in the time given`, {
        missingCids,
      })
    const reason = messageOf(pinFailure instanceof Error ? pinFailure : error)
    return new TransientError('dag-incomplete', `${named(missingCids)} could not be found: ${reason}`, {
      missingCids,
      cause: error,
    })
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const named = ([first, ...others]: string[]) =>
  first === undefined
    ? 'a block'
    : `block ${first}${others.length > 0 ? ` and at least ${others.length} more` : ''}`
