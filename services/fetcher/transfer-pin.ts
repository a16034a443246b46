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
  /** The node had the root before it was looked for. */
  wasLocal: boolean
  /** Of the job. */
  signal: AbortSignal
  /** Ends the pin, not what removes it. */
  limited: AbortSignal
  onProgress: (progress: PinProgress) => void
}

/**
 * For so long the stream of a DAG that the node may have runs alone. Small ones are through by then, and save the node four
 * calls and what these write to its disk. Our own collections of garbage are kept out meanwhile by who marks the transfer as busy.
 */
const aloneMs = 100
const findTimeoutMs = 10_000
const findAgainMs = 1_000
const unpinTimeoutMs = 10_000

/** The pin of the source that goes with one transfer. Disposing ends and removes it, never throws, and may be repeated. */
export type TransferPin = AsyncDisposable & {
  /** Why there is no pin. Not an end of the transfer: the stream may still hold what the pin could not get in time. */
  readonly failure: unknown
}

/**
 * Pins the DAG, unless the node had its root and the transfer is over in a moment. A DAG that somebody has pinned on the node is complete and needs no
 * pin of ours, which would take the place of theirs. An earlier attempt may have left a pin, so that a later one looks
 * before it begins.
 */
export async function startTransferPin(
  { source, timeoutMs, log }: Deps,
  { cid, attempt, wasLocal, signal, limited, onProgress }: Transfer,
): Promise<TransferPin> {
  const over = new AbortController()
  const running = AbortSignal.any([limited, over.signal])
  const name = transferPinName(cid)
  const findName = async (until: AbortSignal) =>
    (await source.findPin(cid, { timeoutMs: findTimeoutMs, signal: until }))?.name
  let found = attempt > 1 ? await findName(signal) : undefined
  let isOurs = found === name
  let failure: unknown

  /** A node that is too busy to say what it has is asked again: without a pin the whole transfer would be slow. */
  async function findWhenItAnswers(): Promise<string | undefined> {
    for (;;) {
      try {
        return await findName(running)
      } catch (err) {
        running.throwIfAborted()
        log.debug({ err, cid }, 'the IPFS node does not say what it has pinned')
        await delay(findAgainMs, undefined, { signal: running })
      }
    }
  }

  async function pin(): Promise<void> {
    if (attempt === 1) {
      if (wasLocal) await delay(aloneMs, undefined, { signal: running })
      found = await findWhenItAnswers()
    }
    if (found !== undefined && found !== name) return
    isOurs = true
    await source.pinAhead(cid, { name, timeoutMs, signal: running, onProgress })
  }

  const pinning = pin().catch((error: unknown) => {
    if (!over.signal.aborted) failure = error
  })

  async function end(): Promise<void> {
    over.abort(new Error('the transfer is over'))
    await pinning
    if (!isOurs) return
    const limit = AbortSignal.timeout(unpinTimeoutMs)
    try {
      // Somebody may have pinned it meanwhile, and a node has one pin of a CID: by its last name it is theirs.
      if ((await findName(limit)) === name) await source.unpin(cid, { signal: limit })
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
