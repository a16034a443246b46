/** Where an object is. The key is plain text, not URL-encoded. */
export type ObjectRef = { bucket: string; key: string }

/** What the store tells about an object. The ETag keeps its quotes, as `If-Match` wants it. */
export type StoredObject = { sizeBytes: number; etag: string; metadata: Record<string, string> }

/** One row of a listing. */
export type ListedObject = { key: string; sizeBytes: number; lastModified: Date }

/** A multipart upload that was neither completed nor aborted: its parts are paid for and invisible. */
export type OpenUpload = { key: string; uploadId: string; initiated: Date }

/**
 * An object being written. Nothing is visible under its key before {@link Upload.complete}.
 * Disposing an upload that is not complete aborts it: every part is gone from the store afterwards, or the
 * failure to remove it is logged. After the first error every call throws that error.
 */
export type Upload = AsyncDisposable & {
  /**
   * Takes a copy of `chunk`. A promise means that all buffers are busy: await it before the next call, and leave
   * `chunk` alone until then. Rejects with the reason of the signal, a `StorageError`, or `PermanentError('car-too-big')`
   * past 10,000 parts.
   */
  write(chunk: Uint8Array): void | Promise<void>
  /** Resolves when the store has acknowledged the whole object. When it rejects, the object may be there all the same. */
  complete(): Promise<{ sizeBytes: number }>
}

/** How a link shows an object to whoever follows it. */
export type ReadLink = {
  /** 1 s to 7 days, which is the most that S3 allows. Ends earlier when the credentials do. */
  validForMs: number
  contentType: string
  /** Under which a browser saves it. Without quotes. */
  fileName: string
}

type Cancellable = { signal?: AbortSignal | undefined }

/**
 * Objects of any size in an S3-compatible store, with memory that does not grow with them.
 * Every failure of the store is a `StorageError` (transient, `storage-unavailable`); an aborted signal surfaces as its own reason.
 * Disposing closes the connections; dispose the uploads first.
 */
export type Storage = AsyncDisposable & {
  /** Does no request itself. The caller owns the upload and disposes it. */
  createUpload(
    ref: ObjectRef,
    options: { metadata?: Record<string, string>; contentType?: string; signal: AbortSignal },
  ): Upload
  /**
   * The bytes of an object, or of `range`, in order and complete, or else an error: a body that ends early or stays silent
   * throws `StorageError`, a missing object `ObjectNotFoundError`. `onVersion` hears the ETag of what is
   * read, before the first byte of it.
   */
  read(
    ref: ObjectRef,
    options: {
      signal: AbortSignal
      range?: { offset: number; length: number }
      onVersion?: (etag: string) => void
    },
  ): AsyncIterable<Uint8Array>
  /**
   * A URL by which anybody can read an object, and ranges of it, for a time. Does no request: neither that the object is
   * there nor that the credentials may read it is checked. Rejects with `StorageError` when there are no credentials.
   */
  presignRead(ref: ObjectRef, link: ReadLink): Promise<string>
  /** `undefined` when there is no such object. A missing bucket looks the same: S3 answers both with a bare 404. */
  head(ref: ObjectRef, options?: Cancellable): Promise<StoredObject | undefined>
  /**
   * Server-side copy of an object of any size. The target key is taken as content-addressed: an object of `sizeBytes` bytes
   * that is already there is success and is left as it is; one of another size is an error. `sourceEtag` makes the store refuse
   * a source that was replaced meanwhile.
   */
  copy(
    from: ObjectRef,
    to: ObjectRef,
    options: {
      sizeBytes: number
      metadata: Record<string, string>
      contentType?: string
      sourceEtag?: string
      signal: AbortSignal
    },
  ): Promise<void>
  /** Success also when there is no such object. */
  delete(ref: ObjectRef, options?: Cancellable): Promise<void>
  /** Every object under `prefix`, in the order of the store. */
  list(bucket: string, prefix: string, options?: Cancellable): AsyncIterable<ListedObject>
  /** The multipart uploads under `prefix` that are still open: all of them, as long as no key has several. */
  listOpenUploads(bucket: string, prefix: string, options?: Cancellable): AsyncIterable<OpenUpload>
  /**
   * Aborts the open uploads under `prefix` and returns how many there were. It does not ask who writes them:
   * call it only for a prefix that has no living writer, or with `initiatedBefore`.
   */
  abortOpenUploads(
    bucket: string,
    prefix: string,
    options?: Cancellable & { initiatedBefore?: Date },
  ): Promise<number>
  /** Resolves when every bucket exists and may be used. Repeats a failed request for half a second at most. */
  isReady(buckets: readonly string[], options?: Cancellable): Promise<void>
}
