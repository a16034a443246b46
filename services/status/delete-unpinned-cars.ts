import { type Database, forgetCar, takeUnpinnedCars, type UnpinnedCar } from '#libs/db/index.ts'
import type { Storage } from '#libs/storage/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { handleAll, type Pass } from './repeat-pass.ts'

type Deps = {
  db: Database
  /** Must not repeat a delete by itself: the lost first attempt of one that succeeds would be under way unknown. */
  storage: Pick<Storage, 'delete'>
  carBucket: string
  /** How long a CAR is kept after its last pin went. */
  graceMs: number
  /** Well within the time that a new pin of a CAR which was taken waits before it is fetched: `carDeletionMs` of libs/db. */
  deleteWithinMs: number
  stopping: AbortSignal
  log: Logger
}

const batchCars = 16

/**
 * Deletes CARs that nobody has pinned for the grace time. A CAR is taken first, so that a pin which comes from then on
 * fetches the content again, and not before every delete has ended: so no delete hits the CAR of a later pin. A delete
 * that has not ended in time, or has failed, counts as not done, and the CAR is taken again later.
 */
export const createDeleteUnpinnedCars =
  ({ db, storage, carBucket, graceMs, deleteWithinMs, stopping, log }: Deps): Pass =>
  async () => {
    // Before the query: the CARs are taken at this time or later.
    const takenAt = performance.now()
    const cars = await takeUnpinnedCars(db, { bucket: carBucket, graceMs, limit: batchCars })
    if (cars.length === 0) return false

    async function deleteCar(car: UnpinnedCar): Promise<void> {
      const leftMs = () => Math.floor(takenAt + deleteWithinMs - performance.now())
      if (leftMs() <= 0) throw new Error(`no time was left to delete ${car.key}`)
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(leftMs())])
      await storage.delete({ bucket: car.bucket, key: car.key }, { signal })
      if (leftMs() <= 0) throw new Error(`the delete of ${car.key} took too long to be sure when it ended`)
      await forgetCar(db, car)
    }
    await handleAll(cars, deleteCar)
    log.info({ cars: cars.length }, 'unpinned CARs deleted')
    return cars.length === batchCars
  }
