import { DeleteObjectCommand, HeadBucketCommand } from '@aws-sdk/client-s3'
import type { Logger } from '#libs/telemetry/index.ts'
import { copyObject } from './copy-object.ts'
import { headObject } from './head-object.ts'
import { abortOpenUploads, listObjects, listOpenUploads } from './list-objects.ts'
import { createPartBuffers } from './part-buffers.ts'
import { presignRead } from './presign-read.ts'
import { readObject } from './read-object.ts'
import { type CallTimes, createS3Calls, nameOf, type S3Calls } from './s3-calls.ts'
import { type ConnectionOptions, createS3Client } from './s3-client.ts'
import type { ObjectRef, Storage } from './storage.ts'
import { createUpload } from './upload-object.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

/** Everything has a default but {@link ConnectionOptions.forcePathStyle}. */
export type StorageOptions = ConnectionOptions &
  Partial<CallTimes> & {
    /** Size of a part buffer and of every part: 5 MiB to 5 GiB. The largest object is 10,000 of them. Default 8 MiB. */
    partBytes?: number
    /** Parts on their way per upload. Default 4. */
    partsInFlight?: number
    /** Part buffers of all uploads together, so `maxBuffers × partBytes` bytes of memory at most. Default 32. */
    maxBuffers?: number
    /** Objects above this are copied in parts. Default 5 GiB, the most that S3 copies in one call. */
    singleCopyMaxBytes?: number
    /** Default 512 MiB. */
    copyPartBytes?: number
    copyPartsInFlight?: number
    log?: Logger
  }

/** Does no request; {@link Storage.isReady} tells whether the store answers. Throws `RangeError` for impossible sizes. */
export function connectStorage(options: StorageOptions): Storage {
  const { partBytes = 8 * mebibyte, partsInFlight = 4, maxBuffers = 32, log } = options
  assertBetween('partBytes', partBytes, 5 * mebibyte, 5 * gibibyte)
  assertBetween('partsInFlight', partsInFlight, 1, 10_000)
  assertBetween('maxBuffers', maxBuffers, 1, Number.MAX_SAFE_INTEGER)
  const client = createS3Client(options)
  const s3 = createS3Calls(
    client,
    {
      requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
      serverWorkTimeoutMs: options.serverWorkTimeoutMs ?? 600_000,
      readIdleTimeoutMs: options.readIdleTimeoutMs ?? 60_000,
      retryForMs: options.retryForMs ?? 60_000,
      abortGraceMs: options.abortGraceMs ?? 10_000,
    },
    log,
  )
  const buffers = createPartBuffers(partBytes, maxBuffers)
  const checksums = options.requestChecksums === 'when-supported'
  const uploadDeps = { s3, buffers, partBytes, partsInFlight, checksums, log }
  const copyDeps = {
    s3,
    singleCopyMaxBytes: options.singleCopyMaxBytes ?? 5 * gibibyte,
    copyPartBytes: options.copyPartBytes ?? 512 * mebibyte,
    copyPartsInFlight: options.copyPartsInFlight ?? 4,
    log,
  }
  return {
    createUpload: (ref, uploadOptions) => createUpload(uploadDeps, ref, uploadOptions),
    read: (ref, readOptions) => readObject(s3, ref, readOptions),
    presignRead: (ref, link) => presignRead(client, ref, link),
    head: (ref, headOptions) => headObject(s3, ref, headOptions),
    copy: (from, to, copyOptions) => copyObject(copyDeps, from, to, copyOptions),
    delete: (ref, deleteOptions) => deleteObject(s3, ref, deleteOptions),
    list: (bucket, prefix, listOptions) => listObjects(s3, bucket, prefix, listOptions),
    listOpenUploads: (bucket, prefix, listOptions) => listOpenUploads(s3, bucket, prefix, listOptions),
    abortOpenUploads: (bucket, prefix, abortOptions) => abortOpenUploads(s3, bucket, prefix, abortOptions),
    isReady: (buckets, readyOptions) => assertBuckets(s3, buckets, readyOptions),
    [Symbol.asyncDispose]: async () => client.destroy(),
  }
}

function assertBetween(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw new RangeError(`${name} must be an integer from ${least} to ${most}, not ${value}`)
}

type Cancellable = { signal?: AbortSignal | undefined }

async function deleteObject(s3: S3Calls, ref: ObjectRef, { signal }: Cancellable = {}): Promise<void> {
  const input = { Bucket: ref.bucket, Key: ref.key }
  await s3.call(
    'DeleteObject',
    nameOf(ref),
    (client, http) => client.send(new DeleteObjectCommand(input), http),
    { signal },
  )
}

async function assertBuckets(
  s3: S3Calls,
  buckets: readonly string[],
  { signal }: Cancellable = {},
): Promise<void> {
  await Promise.all(
    buckets.map(bucket =>
      s3.call(
        'HeadBucket',
        bucket,
        (client, http) => client.send(new HeadBucketCommand({ Bucket: bucket }), http),
        {
          signal,
          // Enough to replace a kept-alive connection that the store has closed.
          retryForMs: Math.min(s3.times.retryForMs, 500),
        },
      ),
    ),
  )
}
