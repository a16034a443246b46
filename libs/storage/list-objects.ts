import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { abortMultipartUpload } from './multipart.ts'
import type { S3Calls } from './s3-calls.ts'
import type { ListedObject, OpenUpload } from './storage.ts'

type Cancellable = { signal?: AbortSignal | undefined }

/** See `Storage.list`. */
export async function* listObjects(
  s3: S3Calls,
  bucket: string,
  prefix: string,
  { signal }: Cancellable = {},
): AsyncGenerator<ListedObject> {
  let continuation: string | undefined
  do {
    const input = { Bucket: bucket, Prefix: prefix, ContinuationToken: continuation }
    const page = await s3.call(
      'ListObjectsV2',
      `${bucket}/${prefix}*`,
      (client, http) => client.send(new ListObjectsV2Command(input), http),
      { signal },
    )
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      if (Key !== undefined)
        yield { key: Key, sizeBytes: Size ?? 0, lastModified: LastModified ?? new Date(0) }
    }
    continuation = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (continuation !== undefined)
}

/**
 * See `Storage.listOpenUploads`. Pages by key alone, because versitygw 1.7 refuses the upload id marker it hands out. So of several
 * uploads of one key those behind the end of a page are not listed.
 */
export async function* listOpenUploads(
  s3: S3Calls,
  bucket: string,
  prefix: string,
  { signal }: Cancellable = {},
): AsyncGenerator<OpenUpload> {
  let keyMarker: string | undefined
  do {
    const input = { Bucket: bucket, Prefix: prefix, KeyMarker: keyMarker }
    const page = await s3.call(
      'ListMultipartUploads',
      `${bucket}/${prefix}*`,
      (client, http) => client.send(new ListMultipartUploadsCommand(input), http),
      { signal },
    )
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined)
        yield { key: Key, uploadId: UploadId, initiated: Initiated ?? new Date(0) }
    }
    keyMarker = page.IsTruncated ? page.NextKeyMarker : undefined
  } while (keyMarker !== undefined)
}

/** See `Storage.abortOpenUploads`. Lists again until nothing is left, because one listing may leave some out. */
export async function abortOpenUploads(
  s3: S3Calls,
  bucket: string,
  prefix: string,
  { signal, initiatedBefore }: Cancellable & { initiatedBefore?: Date } = {},
): Promise<number> {
  const aborted = new Set<string>()
  for (let abortedBefore = -1; aborted.size > abortedBefore; ) {
    abortedBefore = aborted.size
    for await (const { key, uploadId, initiated } of listOpenUploads(s3, bucket, prefix, { signal })) {
      if (initiatedBefore && initiated >= initiatedBefore) continue
      await abortMultipartUpload(s3, { bucket, key }, uploadId, { signal })
      aborted.add(uploadId)
    }
  }
  return aborted.size
}
