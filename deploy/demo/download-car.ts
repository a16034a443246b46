import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import type { S3Access } from '../local/s3.ts'
import { DemoError } from './demo-error.ts'

const CAR_CODEC = 0x0202
const SHA2_256 = 0x12

type Download = {
  bucket: string
  key: string
  /** Is written as the bytes come. */
  file: string
  onProgress: (bytes: number) => void
  signal: AbortSignal
}

/** Downloads an object and tells its size and the CID of the whole file, of codec `car`, as computed from these bytes. */
export async function downloadCar(s3: S3Access, download: Download) {
  const { bucket, key, file, onProgress, signal } = download
  const { endpoint, region, accessKeyId, secretAccessKey } = s3
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  try {
    const object = new GetObjectCommand({ Bucket: bucket, Key: key })
    const { Body } = await client.send(object, { abortSignal: signal })
    if (!(Body instanceof Readable)) throw new DemoError(`s3://${bucket}/${key} has no bytes`)
    const hash = createHash('sha256')
    let sizeBytes = 0
    async function* measure(source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        hash.update(chunk)
        sizeBytes += chunk.length
        onProgress(sizeBytes)
        yield chunk
      }
    }
    await pipeline(Body, measure, createWriteStream(file), { signal })
    const carCid = CID.createV1(CAR_CODEC, createDigest(SHA2_256, hash.digest())).toString()
    return { sizeBytes, carCid }
  } finally {
    client.destroy()
  }
}
