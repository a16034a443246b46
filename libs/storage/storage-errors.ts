import { TransientError } from '#libs/errors/index.ts'

type Details = {
  cause?: unknown
  /** The `Code` of the S3 error, such as `SlowDown`, or the code of a network error, such as `ECONNRESET`. */
  s3Code?: string | undefined
  httpStatus?: number | undefined
}

/**
 * The store failed, refused or did not answer. Always transient, also for a missing bucket or a wrong key:
 * an operator repairs those, and the same message succeeds afterwards.
 */
export class StorageError extends TransientError {
  override name = 'StorageError'
  readonly s3Code: string | undefined
  readonly httpStatus: number | undefined

  constructor(message: string, { cause, s3Code, httpStatus }: Details = {}) {
    super('storage-unavailable', message, cause === undefined ? {} : { cause })
    this.s3Code = s3Code
    this.httpStatus = httpStatus
  }
}

/** There is no object under that key. */
export class ObjectNotFoundError extends StorageError {
  override name = 'ObjectNotFoundError'
}

/** Says which call failed on what and how; the text of the store stays in `cause`, because it may name hosts. */
export function storageErrorOf(operation: string, target: string, cause: unknown): StorageError {
  const httpStatus = httpStatusOf(cause)
  const s3Code = s3CodeOf(cause)
  const status = httpStatus === undefined ? 'no answer' : `HTTP ${httpStatus}`
  const message = `${operation} ${target} failed: ${s3Code ?? 'unknown error'} (${status})`
  const missing = s3Code === 'NoSuchKey' || (operation === 'HeadObject' && httpStatus === 404)
  const ErrorClass = missing ? ObjectNotFoundError : StorageError
  return new ErrorClass(message, { cause, s3Code, httpStatus })
}

function httpStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error && '$metadata' in error)) return undefined
  const metadata = error.$metadata as { httpStatusCode?: number } | undefined
  return metadata?.httpStatusCode
}

function s3CodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

// S3 error codes that the store sends with a 4xx status although the same request can succeed a moment later.
const temporaryCodes = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'OperationAborted',
  'ConditionalRequestConflict',
])

/** Whether the same request may succeed a moment later: no answer at all, a server error, throttling or a lost race. */
export function isTemporary({ httpStatus, s3Code }: StorageError): boolean {
  if (httpStatus === undefined) return true
  if (httpStatus === 501) return false
  return httpStatus >= 500 || httpStatus === 429 || temporaryCodes.has(s3Code ?? '')
}
