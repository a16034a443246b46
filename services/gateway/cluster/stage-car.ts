import { type CarLimits, createCarScanner } from '#libs/car/index.ts'
import type { UploadedCar } from '#libs/db/index.ts'
import type { ObjectRef, Storage, Upload } from '#libs/storage/index.ts'
import { metrics } from '#libs/telemetry/index.ts'
import type { RequestedCid } from './read-cid.ts'
import type { UploadWatch } from './upload-watch.ts'

type Deps = { storage: Pick<Storage, 'createUpload'>; stagingBucket: string; limits: CarLimits }

type Source = {
  /** Of the pin that wants it. Part of the key, so that no two uploads share one. */
  requestId: string
  /** Without it the CAR says what its root is. */
  root?: string
  watch: UploadWatch
}

/** A checked CAR in staging, and its root as the CAR has it. */
export type StagedCar = { root: RequestedCid; car: UploadedCar }

/** Brings the bytes of a CAR into staging. */
export type StageCar = (chunks: AsyncIterable<Uint8Array>, source: Source) => Promise<StagedCar>

/**
 * Every byte passes the scanner before it counts, and the object becomes visible only after the scanner has accepted
 * the whole CAR. Whatever goes wrong, nothing is left in the store. The blocks may come in any order: CARs that people
 * bring along are often written from the leaves up.
 */
export function createStageCar({ storage, stagingBucket, limits }: Deps): StageCar {
  return async (chunks, { requestId, root, watch }) => {
    const scanner = createCarScanner({ limits, anyOrder: true, ...(root !== undefined && { root }) })
    const { signal } = watch
    await using uploads = new AsyncDisposableStack()
    let staging: ObjectRef | undefined
    let upload: Upload | undefined
    /** What came before the root was known: the scanner refuses a header of more than 8 KiB. */
    const head: Uint8Array[] = []

    async function write(chunk: Uint8Array): Promise<void> {
      const written = upload?.write(chunk)
      if (!written) return
      // Waiting for the store is no stall of whoever sends.
      watch.suspend()
      await written
      watch.progress()
    }

    for await (const chunk of chunks) {
      scanner.push(chunk)
      metrics.carBytes.add(chunk.length, { 'pickup.step': 'add' })
      if (upload) await write(chunk)
      else head.push(Uint8Array.from(chunk))
      if (upload || !scanner.root) continue
      staging = { bucket: stagingBucket, key: `${scanner.root.toV1().toString()}/add-${requestId}.car` }
      upload = uploads.use(storage.createUpload(staging, { signal }))
      for (const early of head.splice(0)) await write(early)
    }
    const { root: cid, ...facts } = scanner.end()
    if (!upload || !staging || !scanner.root) throw new Error('a CAR was accepted that has no root')
    watch.suspend()
    await upload.complete()
    watch.progress()
    metrics.carBlocks.add(facts.blocks, { 'pickup.step': 'add' })
    return { root: { cid, sentCid: scanner.root.toString() }, car: { staging, ...facts } }
  }
}
