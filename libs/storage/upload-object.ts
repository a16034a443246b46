import { type CompletedPart, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { PermanentError } from '#libs/errors/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { type MultipartUpload, maxParts, startMultipartUpload } from './multipart.ts'
import type { BufferShare, PartBuffers } from './part-buffers.ts'
import { nameOf, type S3Calls } from './s3-calls.ts'
import type { ObjectRef, Upload } from './storage.ts'

/** What uploads share. */
export type UploadDeps = {
  s3: S3Calls
  buffers: PartBuffers
  partBytes: number
  partsInFlight: number
  /** Whether the client adds a CRC32 to each part; the store then wants them again at the end. */
  checksums: boolean
  log: Logger | undefined
}

type UploadOptions = { metadata?: Record<string, string>; contentType?: string; signal: AbortSignal }

/** See `Storage.createUpload`. */
export const createUpload = (deps: UploadDeps, ref: ObjectRef, options: UploadOptions): Upload =>
  new BufferedUpload(deps, ref, options)

/**
 * Gathers chunks into part buffers and sends each full one, all of the same size because Cloudflare R2 wants that.
 * A full buffer leaves only when more bytes come, so an object of up to one part is a single PutObject.
 */
class BufferedUpload implements Upload {
  readonly #deps: UploadDeps
  readonly #ref: ObjectRef
  readonly #options: UploadOptions
  readonly #share: BufferShare
  // Its reason is the first error of the upload. Whatever waits or is in flight ends with it.
  readonly #failure = new AbortController()
  readonly #signal: AbortSignal
  readonly #inFlight = new Set<Promise<void>>()
  readonly #parts: CompletedPart[] = []
  #multipart: Promise<MultipartUpload> | undefined
  #buffer: Buffer | undefined
  #filledBytes = 0
  #sizeBytes = 0
  #partCount = 0
  #state: 'open' | 'writing' | 'complete' | 'disposed' = 'open'

  constructor(deps: UploadDeps, ref: ObjectRef, options: UploadOptions) {
    this.#deps = deps
    this.#ref = ref
    this.#options = options
    // One more than in flight: the one that is being filled.
    this.#share = deps.buffers.open(deps.partsInFlight + 1)
    this.#signal = AbortSignal.any([options.signal, this.#failure.signal])
  }

  write(chunk: Uint8Array): void | Promise<void> {
    this.#assertOpen()
    const takenBytes = this.#fill(chunk)
    if (takenBytes < chunk.length) return this.#writeWhenFree(chunk.subarray(takenBytes))
  }

  async complete(): Promise<{ sizeBytes: number }> {
    this.#assertOpen()
    this.#state = 'writing'
    try {
      if (this.#multipart) await this.#completeMultipart(this.#multipart)
      else await this.#putWhole()
    } catch (error) {
      this.#failure.abort(error)
      throw error
    }
    this.#state = 'complete'
    this.#releaseBuffer()
    this.#share.close()
    return { sizeBytes: this.#sizeBytes }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'complete' || this.#state === 'disposed') return
    this.#state = 'disposed'
    this.#failure.abort(new Error('the upload was disposed before it was complete'))
    await Promise.all(this.#inFlight)
    this.#releaseBuffer()
    this.#share.close()
    const [started] = await Promise.allSettled([this.#multipart])
    if (started.status === 'fulfilled') await started.value?.[Symbol.asyncDispose]()
  }

  #assertOpen(): void {
    this.#signal.throwIfAborted()
    if (this.#state === 'writing') throw new Error('the previous call on this upload is still running')
    if (this.#state !== 'open') throw new Error(`the upload is ${this.#state}`)
  }

  /** Copies what fits without waiting; returns the number of bytes taken. */
  #fill(chunk: Uint8Array): number {
    let takenBytes = 0
    while (takenBytes < chunk.length) {
      if (this.#filledBytes === this.#deps.partBytes) this.#sendBuffer()
      this.#buffer ??= this.#share.tryTake()
      if (!this.#buffer) break
      const bytes = chunk.subarray(takenBytes, takenBytes + this.#deps.partBytes - this.#filledBytes)
      this.#buffer.set(bytes, this.#filledBytes)
      this.#filledBytes += bytes.length
      takenBytes += bytes.length
    }
    this.#sizeBytes += takenBytes
    return takenBytes
  }

  async #writeWhenFree(chunk: Uint8Array): Promise<void> {
    this.#state = 'writing'
    let rest = chunk
    while (rest.length > 0) {
      this.#buffer = await this.#share.take(this.#signal)
      this.#signal.throwIfAborted()
      rest = rest.subarray(this.#fill(rest))
    }
    if (this.#state === 'writing') this.#state = 'open'
  }

  /** Starts the upload of the current buffer as the next part. Failures end the whole upload. */
  #sendBuffer(): void {
    const buffer = this.#buffer
    if (!buffer) return
    const partNumber = this.#partCount + 1
    if (partNumber > maxParts) {
      const limit = `${maxParts} parts of ${this.#deps.partBytes} bytes`
      this.#failure.abort(new PermanentError('car-too-big', `${nameOf(this.#ref)} is larger than ${limit}`))
      this.#signal.throwIfAborted()
    }
    this.#partCount = partNumber
    this.#multipart ??= this.#start()
    const sent = this.#uploadPart(this.#multipart, partNumber, buffer.subarray(0, this.#filledBytes))
      .catch(error => this.#failure.abort(error))
      .finally(() => {
        this.#inFlight.delete(sent)
        this.#share.giveBack(buffer)
      })
    this.#inFlight.add(sent)
    this.#buffer = undefined
    this.#filledBytes = 0
  }

  #start(): Promise<MultipartUpload> {
    const { metadata = {}, contentType } = this.#options
    const { checksums } = this.#deps
    return startMultipartUpload(this.#deps, this.#ref, {
      metadata,
      contentType,
      checksums,
      signal: this.#signal,
    })
  }

  async #uploadPart(multipart: Promise<MultipartUpload>, partNumber: number, body: Buffer): Promise<void> {
    const { uploadId } = await multipart
    const { bucket, key } = this.#ref
    const input = { Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: partNumber, Body: body }
    const { ETag, ChecksumCRC32 } = await this.#deps.s3.call(
      'UploadPart',
      nameOf(this.#ref),
      (client, http) => client.send(new UploadPartCommand(input), http),
      { signal: this.#signal, finishAttempt: true },
    )
    this.#parts.push({ PartNumber: partNumber, ETag, ChecksumCRC32 })
  }

  async #completeMultipart(started: Promise<MultipartUpload>): Promise<void> {
    this.#sendBuffer()
    await Promise.all(this.#inFlight)
    this.#signal.throwIfAborted()
    const multipart = await started
    await multipart.complete(this.#parts, { sizeBytes: this.#sizeBytes, signal: this.#signal })
  }

  async #putWhole(): Promise<void> {
    const { metadata = {}, contentType } = this.#options
    const input = {
      Bucket: this.#ref.bucket,
      Key: this.#ref.key,
      Body: this.#buffer?.subarray(0, this.#filledBytes) ?? Buffer.alloc(0),
      Metadata: metadata,
      ContentType: contentType,
    }
    await this.#deps.s3.call(
      'PutObject',
      nameOf(this.#ref),
      (client, http) => client.send(new PutObjectCommand(input), http),
      { signal: this.#signal },
    )
  }

  #releaseBuffer(): void {
    if (this.#buffer) this.#share.giveBack(this.#buffer)
    this.#buffer = undefined
    this.#filledBytes = 0
  }
}
