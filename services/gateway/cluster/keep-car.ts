import type { acceptUploadedCar, PinRequest } from '#libs/db/index.ts'
import type { ObjectRef, Storage } from '#libs/storage/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { AddParams } from './add-params.ts'
import type { StagedCar } from './stage-car.ts'

type Accepted = Awaited<ReturnType<typeof acceptUploadedCar>>

type Deps = {
  acceptCar: (request: PinRequest, car: StagedCar['car']) => Promise<Accepted>
  isBackendAway: (error: unknown) => boolean
  storage: Pick<Storage, 'delete'>
  wakeOutbox: () => void
  account: string
  log: Logger
}

/** Pins the root of a staged CAR. When it resolves, the pin and its bytes are kept. */
export type KeepCar = (
  staged: StagedCar,
  pin: NonNullable<AddParams['pin']>,
  requestId: string,
) => Promise<void>

/** A staged CAR that is not needed is removed: the content is stored already, on its way, or could not be pinned. */
export function createKeepCar(deps: Deps): KeepCar {
  const { acceptCar, isBackendAway, storage, wakeOutbox, account, log } = deps

  async function remove(staging: ObjectRef): Promise<void> {
    try {
      await storage.delete(staging)
    } catch (err) {
      log.warn({ err, staging }, 'staged CAR not removed')
    }
  }

  return async ({ root, car }, pin, requestId) => {
    try {
      const { used } = await acceptCar({ ...root, ...pin, requestId, account, api: 'cluster' }, car)
      if (!used) await remove(car.staging)
    } catch (error) {
      // A database that went away may have stored the pin all the same, and then the CAR is needed.
      if (!isBackendAway(error)) await remove(car.staging)
      throw error
    }
    wakeOutbox()
  }
}
