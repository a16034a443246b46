import type { LeasedStep, LiveJob, Publish } from '#libs/bus/index.ts'
import { type Lease, LeaseLostError, type Leases } from '#libs/db/index.ts'
import { blamelessCodes, PermanentError } from '#libs/errors/index.ts'
import { carUploaded, carValid, type DataOf, pinFailed } from '#libs/events/index.ts'
import type { ObjectRef, Storage } from '#libs/storage/index.ts'
import type { AdoptCopy } from './adopt-copy.ts'
import type { CheckStagedCar } from './check-staged-car.ts'

type Uploaded = DataOf<typeof carUploaded>
type Valid = DataOf<typeof carValid>

type Deps = {
  leases: Leases
  publish: Publish
  checkStagedCar: CheckStagedCar
  storage: Pick<Storage, 'copy' | 'delete'>
  adoptCopy: AdoptCopy
  requestIdOf: (cid: string) => Promise<string | undefined>
  /** Whether a newer generation, or the next one, needs the staged object. */
  isStagingWanted: (cid: string, key: string) => Promise<boolean>
  show: (cid: string, job: LiveJob) => void
  stagingBucket: string
  carBucket: string
  region: string
  worker: string
  progressIntervalMs: number
}

/** S3 takes 2 KB of metadata in all (its user guide, "Working with object metadata"). */
const maxRequestIdBytes = 1_024

const carContentType = 'application/vnd.ipld.car; version=1'

/**
 * car.uploaded → car.valid | pin.failed. Safe to repeat: the target is named by its content, the stored result admits
 * one check per generation, and staging is emptied only after the result is stored and told. An upload whose check failed
 * for no reason of its own stays there.
 */
export function onCarUploaded(deps: Deps): LeasedStep<Uploaded, Lease, Valid> {
  const { leases, publish, storage, stagingBucket, carBucket, region, worker } = deps

  /**
   * What lies elsewhere belongs to somebody else, whatever the event says. A fetcher names its objects by the
   * generation, a gateway by the request to add: it learns the generation only after it has staged the CAR.
   */
  const isOwnStaging = ({ cid, generation, staging }: Uploaded) =>
    staging.bucket === stagingBucket &&
    [`${cid}/${generation}-`, `${cid}/add-`].some(prefix => staging.key.startsWith(prefix))

  const isUpload = ({ cid, staging }: Uploaded) => staging.key.startsWith(`${cid}/add-`)

  const carOf = (carCid: string): ObjectRef => ({ bucket: carBucket, key: `${carCid}/${carCid}.car` })

  async function removeStaged(uploaded: Uploaded): Promise<void> {
    if (isOwnStaging(uploaded)) await storage.delete(uploaded.staging)
  }

  return {
    event: carUploaded,
    async claim({ data }) {
      const { cid, generation } = data
      const claimed = await leases.claim({ cid, generation, step: 'validate' })
      // Nobody will check it any more: the content ended otherwise, or its validator died before it could clean up.
      if (claimed.kind === 'obsolete') {
        await deps.adoptCopy(cid, carOf(data.carCid))
        if (!(await deps.isStagingWanted(cid, data.staging.key))) await removeStaged(data)
      }
      return claimed
    },
    async run({ data }, { lease, signal, commit }) {
      const { cid, generation, staging, ...claim } = data
      if (!isOwnStaging(data))
        throw new PermanentError('claim-mismatch', `${staging.key} is not a staged CAR of this content`)
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
      const car = carOf(carCid)
      // A copy that is cut off may be made all the same. Its result tells of it, so that it is deleted in its time.
      commit()
      const requestId = headerText((await deps.requestIdOf(cid)) ?? '')
      const metadata = {
        root,
        carCid,
        ...(requestId.length <= maxRequestIdBytes && { psaRequestId: requestId }),
      }
      await storage.copy(staging, car, {
        sizeBytes,
        metadata,
        contentType: carContentType,
        sourceEtag: etag,
        signal,
      })
      return { cid, generation, car, region, ...facts, verifiedAt: new Date().toISOString() }
    },
    async finish({ data }, valid) {
      await publish(carValid, `${data.cid}.${data.generation}.valid`, valid)
      await removeStaged(data)
    },
    abandon: ({ data }) => removeStaged(data),
    async giveUp({ data }, { code, message, missingCids }) {
      const { cid, generation } = data
      const failed = {
        cid,
        generation,
        step: 'validate' as const,
        code,
        message,
        missingCids: [...missingCids],
      }
      await publish(pinFailed, `${cid}.${generation}.failed`, failed)
      // What a client has uploaded may be nowhere else: it is checked again when it is wanted again.
      if (!isUpload(data) || !blamelessCodes.includes(code)) await removeStaged(data)
    },
    renew: leases.renew,
    async complete(lease, valid) {
      try {
        await leases.complete(lease, valid)
      } catch (error) {
        if (error instanceof LeaseLostError) await deps.adoptCopy(valid.cid, valid.car)
        throw error
      }
    },
    fail: leases.fail,
    release: leases.release,
    postpone: leases.postpone,
  }
}

/** Metadata travels in HTTP headers; producers on NATS may choose any text as the id of a request. */
const headerText = (text: string) =>
  /^[\x21-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed())

/** Tells at most once per interval, the first time after one: most checks are over sooner. */
function throttle(intervalMs: number, tell: (value: number) => void) {
  let toldAt = performance.now()
  return (value: number) => {
    if (performance.now() - toldAt < intervalMs) return
    toldAt = performance.now()
    tell(value)
  }
}
