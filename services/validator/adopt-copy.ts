import type { ObjectRef, Storage } from '#libs/storage/index.ts'

type Deps = {
  storage: Pick<Storage, 'head'>
  /** Whether any content knows of the CAR. */
  isCarKnown: (car: ObjectRef) => Promise<boolean>
  /** Makes it the CAR of a content that nobody has pinned, which is deleted in its time; not of one on its way. */
  adoptCar: (of: ObjectRef & { cid: string }) => Promise<unknown>
}

/**
 * For the copy of a validator that could not tell of it: it died, or lost its lease, and the last pin went meanwhile. What
 * lies at `car` and was not proven for this CID is left alone. Safe to repeat.
 */
export type AdoptCopy = (cid: string, car: ObjectRef) => Promise<void>

export function createAdoptCopy({ storage, isCarKnown, adoptCar }: Deps): AdoptCopy {
  return async (cid, car) => {
    const copy = await storage.head(car)
    if (copy?.metadata['root'] === cid && !(await isCarKnown(car))) await adoptCar({ cid, ...car })
  }
}
