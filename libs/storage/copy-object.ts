import { type CompletedPart, CopyObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3'
import type { Logger } from '#libs/telemetry/index.ts'
import { headObject } from './head-object.ts'
import { maxParts, startMultipartUpload } from './multipart.ts'
import { isAnswer, nameOf, type S3Calls, sendOnlyIfAbsent } from './s3-calls.ts'
import type { ObjectRef, Storage } from './storage.ts'
import { StorageError } from './storage-errors.ts'

/** Sizes that rule a copy. */
export type CopyDeps = {
  s3: S3Calls
  /** Largest object that goes as one CopyObject. S3 takes 5 GiB. */
  singleCopyMaxBytes: number
  /** Size of every part but the last of a larger copy. */
  copyPartBytes: number
  copyPartsInFlight: number
  log: Logger | undefined
}

type CopyOptions = Parameters<Storage['copy']>[2]

/** See `Storage.copy`. */
export async function copyObject(
  deps: CopyDeps,
  from: ObjectRef,
  to: ObjectRef,
  options: CopyOptions,
): Promise<void> {
  const { sizeBytes, signal } = options
  if (await isStored(deps.s3, to, sizeBytes, signal)) return
  const copy = sizeBytes <= deps.singleCopyMaxBytes ? copyWhole : copyInParts
  try {
    await copy(deps, from, to, options)
  } catch (error) {
    // 412: somebody else made the same copy, or the source is not the one meant. The target tells which.
    if (isAnswer(error, 'PreconditionFailed') && (await isStored(deps.s3, to, sizeBytes, signal))) return
    throw error
  }
  if (!(await isStored(deps.s3, to, sizeBytes, signal))) {
    throw new StorageError(`the copy ${nameOf(to)} is not there although the store acknowledged it`)
  }
}

async function isStored(
  s3: S3Calls,
  ref: ObjectRef,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const stored = await headObject(s3, ref, { signal })
  if (!stored) return false
  if (stored.sizeBytes === sizeBytes) return true
  throw new StorageError(
    `${nameOf(ref)} has ${stored.sizeBytes} bytes instead of ${sizeBytes}: remove it by hand`,
  )
}

async function copyWhole(
  { s3 }: CopyDeps,
  from: ObjectRef,
  to: ObjectRef,
  options: CopyOptions,
): Promise<void> {
  const { metadata, contentType, sourceEtag, signal } = options
  const input = {
    Bucket: to.bucket,
    Key: to.key,
    CopySource: copySourceOf(from),
    CopySourceIfMatch: sourceEtag,
    MetadataDirective: 'REPLACE' as const,
    Metadata: metadata,
    ContentType: contentType,
  }
  await sendOnlyIfAbsent(condition =>
    s3.call(
      'CopyObject',
      nameOf(to),
      (client, http) => client.send(new CopyObjectCommand({ ...input, ...condition }), http),
      { signal, timeoutMs: s3.times.serverWorkTimeoutMs },
    ),
  )
}

async function copyInParts(
  deps: CopyDeps,
  from: ObjectRef,
  to: ObjectRef,
  { sizeBytes, metadata, contentType, sourceEtag, signal }: CopyOptions,
): Promise<void> {
  // A copy made with a checksum algorithm must list checksums of its parts, which several stores do not return.
  const start = { metadata, contentType, checksums: false, signal }
  await using multipart = await startMultipartUpload(deps, to, start)
  const { s3 } = deps
  const failure = new AbortController()
  const partSignal = AbortSignal.any([signal, failure.signal])
  const parts: CompletedPart[] = []
  const ranges = partRanges(sizeBytes, deps.copyPartBytes)
  const copyParts = async (): Promise<void> => {
    for (const { partNumber, range } of ranges) {
      const input = {
        Bucket: to.bucket,
        Key: to.key,
        UploadId: multipart.uploadId,
        PartNumber: partNumber,
        CopySource: copySourceOf(from),
        CopySourceRange: range,
        CopySourceIfMatch: sourceEtag,
      }
      const { CopyPartResult } = await s3.call(
        'UploadPartCopy',
        nameOf(to),
        (client, http) => client.send(new UploadPartCopyCommand(input), http),
        { signal: partSignal, timeoutMs: s3.times.serverWorkTimeoutMs, finishAttempt: true },
      )
      parts.push({ PartNumber: partNumber, ETag: CopyPartResult?.ETag })
    }
  }
  const workers = Array.from({ length: deps.copyPartsInFlight }, () =>
    copyParts().catch(error => failure.abort(error)),
  )
  await Promise.all(workers)
  partSignal.throwIfAborted()
  await multipart.complete(parts, { sizeBytes, onlyIfAbsent: true, signal })
}

/** Equal parts but for the last, larger than `partBytes` only where 10,000 of that size are not enough. */
function* partRanges(sizeBytes: number, partBytes: number): Generator<{ partNumber: number; range: string }> {
  const stepBytes = Math.max(partBytes, Math.ceil(sizeBytes / maxParts))
  for (let offset = 0, partNumber = 1; offset < sizeBytes; offset += stepBytes, partNumber++) {
    yield { partNumber, range: `bytes=${offset}-${Math.min(offset + stepBytes, sizeBytes) - 1}` }
  }
}

const copySourceOf = ({ bucket, key }: ObjectRef): string =>
  `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
