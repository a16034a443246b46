import { setTimeout as delay } from 'node:timers/promises'
import { type DagSource, type PinProgress, transferPinName } from '#libs/ipfs/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'

type Deps = {
  source: Pick<DagSource, 'findPin' | 'pinAhead' | 'unpin'>
  /** The most that a transfer may take. */
  timeoutMs: number
  log: Logger
}

type Transfer = {
  cid: string
  /** From 1. */
  attempt: number
  /** Ends the pin, not what removes it. */
  signal: AbortSignal
  onProgress: (progress: PinProgress) => void
}

/**
 * For so long a stream runs alone. Small DAGs that the node has are through by then, and save the node three calls and
 * what these write to its disk. Collections of garbage are kept out meanwhile by who marks the transfer as busy.
 */
const aloneMs = 100
const findTimeoutMs = 10_000
const unpinTimeoutMs = 10_000

/** The pin of the source that goes with one transfer. Disposing ends and removes it, never throws, and may be repeated. */
export type TransferPin = AsyncDisposable & {
  /** Why there is no pin. Not an end of the transfer: the stream may still hold what the pin could not get in time. */
  readonly failure: unknown
}

/**
 * Pins the DAG unless its transfer is over in a moment. A pin that somebody else had made of the same DAG before stays,
 * by its name. An earlier attempt may have left a pin, so that a later one looks before it begins.
 */
export async function startTransferPin(
  { source, timeoutMs, log }: Deps,
  { cid, attempt, signal, onProgress }: Transfer,
): Promise<TransferPin> {
  const over = new AbortController()
  const limited = AbortSignal.any([signal, over.signal])
  const ownName = transferPinName(cid)
  const findName = async () =>
    (await source.findPin(cid, { timeoutMs: findTimeoutMs, signal: limited }))?.name ?? ownName
  let name = attempt > 1 ? await findName() : undefined
  let failure: unknown

  async function pin(): Promise<void> {
    if (name === undefined) {
      await delay(aloneMs, undefined, { signal: limited })
      name = await findName()
    }
    await source.pinAhead(cid, { name, timeoutMs, signal: limited, onProgress })
  }

  const pinning = pin().catch((error: unknown) => {
    failure = error
  })

  async function end(): Promise<void> {
    over.abort(new Error('the transfer is over'))
    await pinning
    if (name !== ownName) return
    try {
      await source.unpin(cid, { signal: AbortSignal.timeout(unpinTimeoutMs) })
    } catch (err) {
      // The blocks stay on the node's disk until the pin is removed; the transfer itself is not affected.
      log.warn({ err, cid }, 'pin not removed from the IPFS node')
    }
  }

  let ending: Promise<void> | undefined
  return {
    get failure() {
      return failure
    },
    [Symbol.asyncDispose]: () => (ending ??= end()),
  }
}
