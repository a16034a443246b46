import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3'
import type { Logger } from '#libs/telemetry/index.ts'
import { headObject } from './head-object.ts'
import { isAnswer, nameOf, type S3Calls, sendOnlyIfAbsent } from './s3-calls.ts'
import type { ObjectRef } from './storage.ts'
import { StorageError } from './storage-errors.ts'

/** S3 takes at most this many parts, numbered from 1. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const maxParts = 10_000

/** Disposing aborts the upload unless it is complete. No part may be in flight then. */
export type MultipartUpload = AsyncDisposable & {
  readonly uploadId: string
  /** `parts` in any order. With `onlyIfAbsent` the store answers 412 when the key exists, if it knows the condition. */
  complete(
    parts: readonly CompletedPart[],
    options: { sizeBytes: number; onlyIfAbsent?: boolean; signal: AbortSignal },
  ): Promise<void>
}

type StartOptions = {
  metadata: Record<string, string>
  contentType: string | undefined
  checksums: boolean
  signal: AbortSignal
}

/** Opens a multipart upload. An abort of `signal` does not cut the request, so that no upload stays open under an unknown id. */
export async function startMultipartUpload(
  { s3, log }: { s3: S3Calls; log: Logger | undefined },
  { bucket, key }: ObjectRef,
  { metadata, contentType, checksums, signal }: StartOptions,
): Promise<MultipartUpload> {
  const ref = { bucket, key }
  const input = {
    Bucket: bucket,
    Key: key,
    Metadata: metadata,
    ContentType: contentType,
    ChecksumAlgorithm: checksums ? ('CRC32' as const) : undefined,
  }
  const created = await s3.call(
    'CreateMultipartUpload',
    nameOf(ref),
    (client, http) => client.send(new CreateMultipartUploadCommand(input), http),
    { signal, finishAttempt: true },
  )
  const uploadId = created.UploadId
  if (uploadId === undefined) throw new StorageError(`CreateMultipartUpload ${nameOf(ref)} gave no upload id`)
  let complete = false
  return {
    uploadId,
    complete: async (parts, options) => {
      await completeMultipartUpload(s3, ref, uploadId, parts, options)
      complete = true
    },
    [Symbol.asyncDispose]: async () => {
      if (complete) return
      try {
        const { retryForMs, abortGraceMs } = s3.times
        await abortMultipartUpload(s3, ref, uploadId, { retryForMs: Math.min(retryForMs, abortGraceMs) })
      } catch (error) {
        // The caller is failing already; this error must not hide the first one.
        log?.warn({ err: error, bucket, key, uploadId }, 'multipart upload could not be aborted')
      }
    },
  }
}

async function completeMultipartUpload(
  s3: S3Calls,
  ref: ObjectRef,
  uploadId: string,
  parts: readonly CompletedPart[],
  { sizeBytes, onlyIfAbsent, signal }: { sizeBytes: number; onlyIfAbsent?: boolean; signal: AbortSignal },
): Promise<void> {
  const input = {
    Bucket: ref.bucket,
    Key: ref.key,
    UploadId: uploadId,
    MultipartUpload: { Parts: parts.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0)) },
  }
  const send = (condition: { IfNoneMatch?: '*' }): Promise<unknown> =>
    s3.call(
      'CompleteMultipartUpload',
      nameOf(ref),
      (client, http) => client.send(new CompleteMultipartUploadCommand({ ...input, ...condition }), http),
      { signal, timeoutMs: s3.times.serverWorkTimeoutMs },
    )
  try {
    await (onlyIfAbsent ? sendOnlyIfAbsent(send) : send({}))
  } catch (error) {
    // The answer to an earlier attempt was lost: the upload is gone because it is complete.
    if (!isAnswer(error, 'NoSuchUpload')) throw error
    const stored = await headObject(s3, ref, { signal })
    if (stored?.sizeBytes !== sizeBytes) throw error
  }
}

const abortAttempts = 3

/**
 * Aborts until the store no longer knows the upload: a part that was still being received at the first abort is stored after it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 */
export async function abortMultipartUpload(
  s3: S3Calls,
  ref: ObjectRef,
  uploadId: string,
  options: { signal?: AbortSignal | undefined; retryForMs?: number } = {},
): Promise<void> {
  const input = { Bucket: ref.bucket, Key: ref.key, UploadId: uploadId }
  try {
    for (let attempt = 0; attempt < abortAttempts; attempt++) {
      await s3.call(
        'AbortMultipartUpload',
        nameOf(ref),
        (client, http) => client.send(new AbortMultipartUploadCommand(input), http),
        options,
      )
      const left = await s3.call(
        'ListParts',
        nameOf(ref),
        (client, http) => client.send(new ListPartsCommand({ ...input, MaxParts: 1 }), http),
        options,
      )
      if (!left.Parts?.length) return
    }
  } catch (error) {
    if (isAnswer(error, 'NoSuchUpload')) return
    throw error
  }
  throw new StorageError(`parts of ${nameOf(ref)} stay after ${abortAttempts} aborts of ${uploadId}`)
}
