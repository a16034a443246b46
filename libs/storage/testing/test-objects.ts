import { createCipheriv, createHash } from 'node:crypto'
import { connectStorage, type StorageOptions } from '../connect-storage.ts'
import type { ObjectRef, Storage, Upload } from '../storage.ts'
import { credentials, region } from './s3-gateway.ts'

export const mebibyte = 1024 ** 2
export const partBytes = 5 * mebibyte

/** A client with the smallest parts S3 allows and no patience, unless `options` say otherwise. */
export const connectTo = (endpoint: string, options: Partial<StorageOptions> = {}): Storage =>
  connectStorage({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    partBytes,
    retryForMs: 0,
    abortGraceMs: 1_000,
    ...options,
  })

/** The same pseudo-random bytes for the same size on every run; no two blocks of it are alike. */
export function bytesOf(sizeBytes: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16, 1))
  return cipher.update(Buffer.alloc(sizeBytes))
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Uploads `bytes` in chunks that fit no part size. */
export async function uploadBytes(
  storage: Storage,
  ref: ObjectRef,
  bytes: Uint8Array,
  options: { metadata?: Record<string, string>; contentType?: string; signal?: AbortSignal } = {},
): Promise<{ sizeBytes: number }> {
  const { signal = AbortSignal.timeout(60_000), ...rest } = options
  await using upload = storage.createUpload(ref, { ...rest, signal })
  const chunkBytes = 1_000_003
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    await upload.write(bytes.subarray(offset, offset + chunkBytes))
  }
  return await upload.complete()
}

export async function readBytes(
  storage: Storage,
  ref: ObjectRef,
  options: Partial<Parameters<Storage['read']>[1]> = {},
): Promise<Buffer> {
  const chunks = storage.read(ref, { ...options, signal: AbortSignal.timeout(60_000) })
  return Buffer.concat(await Array.fromAsync(chunks))
}

export const openUploadsOf = (storage: Storage, bucket: string, prefix = ''): Promise<unknown[]> =>
  Array.fromAsync(storage.listOpenUploads(bucket, prefix))

/** Writes until all buffers are taken; returns how many bytes went in before and the write that waits. */
export function writeUntilFull(
  upload: Upload,
  chunk: Uint8Array,
): { takenBytes: number; waiting: Promise<void> } {
  for (let takenBytes = 0; ; takenBytes += chunk.length) {
    const waiting = upload.write(chunk)
    if (waiting) return { takenBytes, waiting }
  }
}
