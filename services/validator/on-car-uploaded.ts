import type { LeasedStep, LiveJob, Publish } from '#libs/bus/index.ts'
import type { Lease, Leases } from '#libs/db/index.ts'
import { carUploaded, carValid, type DataOf, pinFailed } from '#libs/events/index.ts'
import type { Storage } from '#libs/storage/index.ts'
import type { CheckStagedCar } from './check-staged-car.ts'

type Uploaded = DataOf<typeof carUploaded>
type Valid = DataOf<typeof carValid>

type Deps = {
  leases: Leases
  publish: Publish
  checkStagedCar: CheckStagedCar
  storage: Pick<Storage, 'copy' | 'delete'>
  requestIdOf: (cid: string) => Promise<string | undefined>
  show: (cid: string, job: LiveJob) => void
  carBucket: string
  region: string
  worker: string
  progressIntervalMs: number
}

const carContentType = 'application/vnd.ipld.car; version=1'

/**
 * car.uploaded → car.valid | pin.failed. Safe to repeat: the target is named by its content, the stored result admits
 * one check per generation, and staging is emptied only after the result is stored and told.
 */
export function onCarUploaded(deps: Deps): LeasedStep<Uploaded, Lease, Valid> {
  const { leases, publish, storage, carBucket, region, worker } = deps
  return {
    event: carUploaded,
    claim: ({ data: { cid, generation } }) => leases.claim({ cid, generation, step: 'validate' }),
    async run({ data: { cid, generation, staging, ...claim } }, { lease, signal }) {
      const tell = throttle(deps.progressIntervalMs, (carBytes: number) =>
        deps.show(cid, {
          phase: 'validating',
          attempt: lease.attempt,
          worker,
          dagBytes: claim.dagBytes,
          dagBlocks: claim.blocks,
          carBytes,
        }),
      )
      const { etag, root, ...facts } = await deps.checkStagedCar(
        { cid, staging, claim },
        { signal, onProgress: tell },
      )
      const { carCid, sizeBytes } = facts
      const car = { bucket: carBucket, key: `${carCid}/${carCid}.car` }
      const metadata = { psaRequestId: (await deps.requestIdOf(cid)) ?? '', root, carCid }
      await storage.copy(staging, car, {
        sizeBytes,
        metadata,
        contentType: carContentType,
        sourceEtag: etag,
        signal,
      })
      return { cid, generation, car, region, ...facts, verifiedAt: new Date().toISOString() }
    },
    async finish({ data: { cid, generation, staging } }, valid) {
      await publish(carValid, `${cid}.${generation}.valid`, valid)
      await storage.delete(staging)
    },
    async giveUp({ data: { cid, generation, staging } }, { code, message, missingCids }) {
      const failed = {
        cid,
        generation,
        step: 'validate' as const,
        code,
        message,
        missingCids: [...missingCids],
      }
      await publish(pinFailed, `${cid}.${generation}.failed`, failed)
      await storage.delete(staging)
    },
    renew: leases.renew,
    complete: leases.complete,
    fail: leases.fail,
    release: leases.release,
  }
}

function throttle(intervalMs: number, tell: (value: number) => void) {
  let toldAt = -Infinity
  return (value: number) => {
    if (performance.now() - toldAt < intervalMs) return
    toldAt = performance.now()
    tell(value)
  }
}
