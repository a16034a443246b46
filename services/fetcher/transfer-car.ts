import { type CarLimits, type CarReport, createCarScanner } from '#libs/car/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import type { DagSource, PinProgress } from '#libs/ipfs/index.ts'
import type { ObjectRef, Storage } from '#libs/storage/index.ts'
import { type Logger, metrics } from '#libs/telemetry/index.ts'
import { createExplainFailure } from './explain-failure.ts'
import { type StallWatch, watchForStall } from './stall-watch.ts'
import { startTransferPin } from './transfer-pin.ts'

type Deps = {
  source: Pick<DagSource, 'findPin' | 'pinAhead' | 'streamCar' | 'streamLocalCar' | 'unpin' | 'anyPeerAlive'>
  storage: Pick<Storage, 'createUpload'>
  limits: CarLimits
  timeoutMs: number
  stallTimeoutMs: number
  log: Logger
}

type Transfer = {
  cid: string
  staging: ObjectRef
  /** From 1. */
  attempt: number
  /** The node had the root before it was looked for. */
  wasLocal: boolean
  /** Peers given as origins: they tell a provider that is gone from one that lacks a block. */
  peerIds: readonly string[]
  signal: AbortSignal
  onProgress: (progress: PinProgress & { carBytes: number }) => void
}

/** Brings one DAG from the source into one object of the store. */
export type TransferCar = (transfer: Transfer) => Promise<CarReport>

/**
 * Streams the CAR, and with it pins ahead, which fetches 32 blocks at a time where the stream fetches one.
 * Every byte passes the scanner before it counts; the object becomes visible only after the scanner has accepted the
 * whole CAR. Whatever happens, the pin and the parts of the upload are gone afterwards.
 */
export function createTransferCar(deps: Deps): TransferCar {
  const { source, storage, limits, timeoutMs, stallTimeoutMs, log } = deps
  const explain = createExplainFailure({ source, limits, log })

  return async ({ cid, staging, attempt, wasLocal, peerIds, signal, onProgress }) => {
    using watch = watchForStall(stallTimeoutMs)
    const total = AbortSignal.timeout(timeoutMs)
    const ended = new AbortController()
    const limited = AbortSignal.any([signal, watch.stalled, total, ended.signal])
    const scanner = createCarScanner({ root: cid, limits })

    const reached = { blocks: 0, bytes: 0 }
    const onPinProgress = (progress: PinProgress) => {
      Object.assign(reached, progress)
      watch.progress()
      if (progress.bytes > limits.maxCarBytes) ended.abort(tooBig(limits))
      onProgress({ ...progress, carBytes: scanner.sizeBytes })
    }
    const transfer = { cid, attempt, wasLocal, signal, limited, onProgress: onPinProgress }
    await using pin = await startTransferPin({ source, timeoutMs, log }, transfer)
    try {
      await using upload = storage.createUpload(staging, { signal: limited })
      for await (const chunk of source.streamCar(cid, { timeoutMs, signal: limited })) {
        watch.progress()
        scanner.push(chunk)
        metrics.carBytes.add(chunk.length, { 'pickup.step': 'fetch' })
        await written(upload.write(chunk), watch)
        onProgress({ ...reached, carBytes: scanner.sizeBytes })
      }
      const report = scanner.end()
      watch.suspend()
      // Has its blocks in the CAR now: it ends while the store completes the upload.
      void pin[Symbol.asyncDispose]()
      await upload.complete()
      metrics.carBlocks.add(report.blocks, { 'pickup.step': 'fetch' })
      return report
    } catch (error) {
      signal.throwIfAborted()
      throw await explain(error, {
        cid,
        scanner,
        stalled: watch.stalled,
        total,
        ended: ended.signal,
        pinFailure: pin.failure,
        peerIds,
        signal,
      })
    }
  }
}

/** Waiting for the store is not a stall of the source. */
async function written(write: void | Promise<void>, watch: StallWatch): Promise<void> {
  if (!write) return
  watch.suspend()
  await write
  watch.resume()
}

const tooBig = ({ maxCarBytes }: CarLimits) =>
  new PermanentError('car-too-big', `the DAG is larger than ${maxCarBytes} bytes`)
