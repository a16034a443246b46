import { type StagingNeed, stagingNeeds } from '#libs/db/index.ts'
import type { ListedObject, OpenUpload } from '#libs/storage/index.ts'
import type { Check, Examined } from './finding.ts'

const batchKeys = 500

/** Keys are `{cid}/{generation}-{epoch}.car` and `{cid}/add-{requestId}.car`. */
const cidOf = (key: string) => key.split('/')[0] ?? ''

/**
 * Staged objects that no work on its way wants. No key is ever used twice, so what is not wanted now never will be; an
 * upload that a gateway has staged and not yet recorded is younger than the grace time.
 */
export const checkStaging: Check = async function* ({ db, storage, stagingBucket, graceMs }) {
  const isOld = ({ lastModified }: ListedObject) => Date.now() - lastModified.getTime() >= graceMs
  for await (const objects of inBatches(storage.list(stagingBucket, ''), isOld)) {
    const needs = await stagingNeeds(
      db,
      objects.map(({ key }) => cidOf(key)),
    )
    for (const { key, sizeBytes } of objects) {
      if (isNeeded(needs.get(cidOf(key)), key)) continue
      yield {
        check: 'staging-leftover',
        subject: key,
        detail: `${sizeBytes} bytes that no work on its way wants; repaired, it is deleted`,
        async repair() {
          if (isNeeded((await stagingNeeds(db, [cidOf(key)])).get(cidOf(key)), key)) return false
          await storage.delete({ bucket: stagingBucket, key })
          return true
        },
      }
    }
  }
}

/** A worker at work may write or read any object of its content. */
const isNeeded = (need: StagingNeed | undefined, key: string) =>
  need !== undefined && (need.leased || need.key === key)

/** Uploads in parts that nobody has completed or aborted, in both buckets. */
export const checkOpenUploads: Check = async function* (examined) {
  for (const bucket of [examined.stagingBucket, examined.carBucket]) yield* openUploads(examined, bucket)
}

async function* openUploads({ db, storage, graceMs }: Examined, bucket: string) {
  const initiatedBefore = new Date(Date.now() - graceMs)
  const isOld = ({ initiated }: OpenUpload) => initiated < initiatedBefore
  for await (const uploads of inBatches(storage.listOpenUploads(bucket, ''), isOld)) {
    const needs = await stagingNeeds(
      db,
      uploads.map(({ key }) => cidOf(key)),
    )
    for (const { key, initiated } of uploads) {
      if (needs.get(cidOf(key))?.leased) continue
      yield {
        check: 'open-upload' as const,
        subject: `${bucket}/${key}`,
        detail: `open since ${initiated.toISOString()}; repaired, it is aborted`,
        repair: async () => (await storage.abortOpenUploads(bucket, key, { initiatedBefore })) > 0,
      }
    }
  }
}

async function* inBatches<Row>(rows: AsyncIterable<Row>, keep: (row: Row) => boolean): AsyncGenerator<Row[]> {
  let batch: Row[] = []
  for await (const row of rows) {
    if (keep(row)) batch.push(row)
    if (batch.length < batchKeys) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
