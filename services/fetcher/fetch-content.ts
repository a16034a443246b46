import { type JobContext, PostponedError, type Publish } from '#libs/bus/index.ts'
import type { CarReport } from '#libs/car/index.ts'
import type { Lease, Wanted } from '#libs/db/index.ts'
import { pinStarted } from '#libs/events/index.ts'
import type { DagSource } from '#libs/ipfs/index.ts'
import type { ObjectRef, Storage } from '#libs/storage/index.ts'
import { metrics } from '#libs/telemetry/index.ts'
import type { MarkBusy } from './collect-when-idle.ts'
import type { LiveProgress, TellProgress } from './live-progress.ts'
import type { LocateRoot } from './locate-root.ts'
import { removeLeftovers } from './remove-leftovers.ts'
import type { TransferCar } from './transfer-car.ts'
import type { TakeTransferSlot } from './transfer-slots.ts'

/** The result of the fetch step: where the CAR is staged, and what the fetcher claims of it. */
export type StagedCar = { staging: ObjectRef } & Omit<CarReport, 'root'>

type Deps = {
  publish: Publish
  wantedBy: (cid: string) => Promise<Wanted>
  source: Pick<DagSource, 'connectOrigins'>
  locateRoot: LocateRoot
  takeTransferSlot: TakeTransferSlot
  /** Resolves when the IPFS node has room for one more transfer. */
  waitForSpace: (signal: AbortSignal) => Promise<void>
  markBusy: MarkBusy
  transferCar: TransferCar
  storage: Pick<Storage, 'abortOpenUploads' | 'list' | 'delete'>
  startProgress: (cid: string, job: { attempt: number; worker: string }) => LiveProgress
  stagingBucket: string
  worker: string
  maxOrigins: number
  connectTimeoutMs: number
}

/**
 * One attempt to bring a DAG into staging: origins, locate, wait for a slot, transfer. `pin.started` is told when the root
 * was found, or is going to be looked for in full.
 */
export type FetchContent = (
  job: { cid: string; generation: number; origins: readonly string[] },
  context: JobContext<Lease>,
) => Promise<StagedCar>

export function createFetchContent(deps: Deps): FetchContent {
  const { source, storage, stagingBucket, worker } = deps

  /** `start` tells that the attempt began, once. */
  async function fetchOnce(
    { cid, generation, origins }: Parameters<FetchContent>[0],
    { lease, signal, log }: JobContext<Lease>,
    start: () => Promise<void>,
    tell: TellProgress,
  ): Promise<StagedCar> {
    const wanted = await deps.wantedBy(cid)
    const lookedUpAt = performance.now()
    const allOrigins = [...new Set([...wanted.origins, ...origins])].slice(0, deps.maxOrigins)
    await using peers = await source.connectOrigins(allOrigins, { timeoutMs: deps.connectTimeoutMs, signal })
    if (peers.refused.length > 0) log.info({ cid, refused: peers.refused }, 'origins not used')

    const { wasLocal } = await deps.locateRoot(cid, signal, start)
    if (wanted.queuedForMs !== undefined)
      metrics.timeToLocated.record((wanted.queuedForMs + performance.now() - lookedUpAt) / 1_000)
    await start()
    tell({ phase: 'waiting' })
    const ownKeys = `${cid}/${generation}-`
    // Of the attempts before: their workers are fenced out, so nothing that they still write will be used.
    if (lease.attempt > 1) await removeLeftovers(storage, { bucket: stagingBucket, key: ownKeys }, signal)
    using _slot = await deps.takeTransferSlot(wanted.accounts, signal)
    await deps.waitForSpace(signal)
    using _busy = deps.markBusy()
    tell({ phase: 'transferring' })
    const staging = { bucket: stagingBucket, key: `${ownKeys}${lease.epoch}.car` }
    const { root: _root, ...facts } = await deps.transferCar({
      cid,
      staging,
      attempt: lease.attempt,
      wasLocal,
      peerIds: peers.peerIds,
      signal,
      onProgress: ({ blocks, bytes, carBytes }) => tell({ dagBlocks: blocks, dagBytes: bytes, carBytes }),
    })
    return { staging, ...facts }
  }

  return async (job, context) => {
    const { cid, generation } = job
    const { attempt } = context.lease
    using progress = deps.startProgress(cid, { attempt, worker })
    let starting: Promise<void> | undefined
    const tellStart = async () => {
      const startedId = `${cid}.${generation}.started.${attempt}`
      await deps.publish(pinStarted, startedId, { cid, generation, attempt, worker })
      progress.tell({ phase: 'locating' })
    }
    const start = () => (starting ??= tellStart())
    try {
      return await fetchOnce(job, context, start, progress.tell)
    } catch (error) {
      // A first look that found nothing costs nobody else anything. Whatever else fails was an attempt, and is told as one.
      if (!(error instanceof PostponedError) && !context.signal.aborted) await start()
      throw error
    }
  }
}
