import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { S3Access } from '#deploy/local/s3.ts'

/** As the SDK comes, but for the checksums, which it began to add after the old worker was written. */
export const createPlainClient = ({ endpoint, region, accessKeyId, secretAccessKey }: S3Access): S3Client =>
  new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })

type Target = { Bucket: string; Key: string }

/**
 * Multipart upload of a stream in as few lines as there can be: no retry, no abort, no check. What fits into one part is
 * one PutObject.
 */
export async function uploadPlainly(
  client: S3Client,
  target: Target,
  chunks: AsyncIterable<Uint8Array>,
  { partBytes, partsInFlight }: { partBytes: number; partsInFlight: number },
): Promise<void> {
  const inParts = partsOf(chunks, partBytes)
  const { value: first = Buffer.alloc(0) } = await inParts.next()
  if (first.length < partBytes) {
    await client.send(new PutObjectCommand({ ...target, Body: first }))
    return
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target))
  const inFlight = new Set<Promise<void>>()
  const parts: { PartNumber: number; ETag: string | undefined }[] = []
  async function send(PartNumber: number, Body: Buffer): Promise<void> {
    const { ETag } = await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }))
    parts.push({ PartNumber, ETag })
  }
  let count = 0
  for (let part: Buffer | undefined = first; part; part = (await inParts.next()).value) {
    if (inFlight.size === partsInFlight) await Promise.race(inFlight)
    const sent = send(++count, part).finally(() => inFlight.delete(sent))
    inFlight.add(sent)
  }
  await Promise.all(inFlight)
  parts.sort((one, other) => one.PartNumber - other.PartNumber)
  const MultipartUpload = { Parts: parts }
  await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }))
}

/** Parts of at least so many bytes; the last may be smaller. */
async function* partsOf(
  chunks: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Buffer, undefined> {
  let gathered: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    gathered.push(chunk)
    bytes += chunk.length
    if (bytes < partBytes) continue
    yield Buffer.concat(gathered)
    gathered = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(gathered)
}
