import { type CarLimits, type CarReport, createCarScanner } from '#libs/car/index.ts'
import { PermanentError, PickupError } from '#libs/errors/index.ts'
import type { carUploaded, DataOf } from '#libs/events/index.ts'
import { ObjectNotFoundError, type ObjectRef, type Storage } from '#libs/storage/index.ts'
import { metrics } from '#libs/telemetry/index.ts'

type Deps = { storage: Pick<Storage, 'read'>; limits: CarLimits }

/** What was read back from the store. `etag` is the version of the object that was read. */
export type CheckedCar = CarReport & { etag: string }

/** What the fetcher reported. */
export type Claim = Omit<DataOf<typeof carUploaded>, 'cid' | 'generation' | 'staging'>

/** Reads the whole staged object and scans it again. `onProgress` hears the bytes checked so far. */
export type CheckStagedCar = (
  job: { cid: string; staging: ObjectRef; claim: Claim },
  options: { signal: AbortSignal; onProgress: (carBytes: number) => void },
) => Promise<CheckedCar>

/**
 * Damage is permanent here: the bytes that the store holds will not get better. Trouble with reading them is not.
 * Throws `PermanentError` `claim-mismatch` when the object is sound but not the one that the fetcher reported.
 */
export function createCheckStagedCar({ storage, limits }: Deps): CheckStagedCar {
  return async ({ cid, staging, claim }, { signal, onProgress }) => {
    let etag = ''
    const onVersion = (version: string) => {
      etag = version
    }
    // CARs that clients bring along need not be in the order of a walk.
    const scanner = createCarScanner({ root: cid, limits, anyOrder: true })
    const report = await scan()

    async function scan(): Promise<CarReport> {
      try {
        for await (const chunk of storage.read(staging, { signal, onVersion })) {
          scanner.push(chunk)
          metrics.carBytes.add(chunk.length, { 'pickup.step': 'validate' })
          onProgress(scanner.sizeBytes)
        }
        return scanner.end()
      } catch (error) {
        throw permanentDamage(error)
      }
    }

    for (const fact of ['carCid', 'sizeBytes', 'blocks', 'dagBytes', 'rawBytes'] as const) {
      // A report may leave `rawBytes` out.
      if (claim[fact] !== undefined && report[fact] !== claim[fact]) {
        throw new PermanentError(
          'claim-mismatch',
          `${fact} is ${report[fact]}, the fetcher reported ${claim[fact]}`,
        )
      }
    }
    metrics.carBlocks.add(report.blocks, { 'pickup.step': 'validate' })
    return { ...report, etag }
  }
}

function permanentDamage(error: unknown): unknown {
  if (error instanceof ObjectNotFoundError)
    return new PermanentError('claim-mismatch', error.message, { cause: error })
  if (!(error instanceof PickupError) || error.code === 'storage-unavailable') return error
  return new PermanentError(error.code, error.message, { cause: error, missingCids: error.missingCids })
}
