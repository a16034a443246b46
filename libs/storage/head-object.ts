import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { nameOf, type S3Calls } from './s3-calls.ts'
import type { ObjectRef, StoredObject } from './storage.ts'
import { ObjectNotFoundError } from './storage-errors.ts'

/** See `Storage.head`. */
export async function headObject(
  s3: S3Calls,
  ref: ObjectRef,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<StoredObject | undefined> {
  const command = { Bucket: ref.bucket, Key: ref.key }
  try {
    const { ContentLength, ETag, Metadata } = await s3.call(
      'HeadObject',
      nameOf(ref),
      (client, http) => client.send(new HeadObjectCommand(command), http),
      { signal },
    )
    return { sizeBytes: ContentLength ?? 0, etag: ETag ?? '', metadata: Metadata ?? {} }
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined
    throw error
  }
}
