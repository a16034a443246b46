import { type FailureCode, failureCodes, PickupError, TransientError } from '#libs/errors/index.ts'
import { HttpError } from '#libs/http/index.ts'
import type { AddParams } from './add-params.ts'

const backendCodes: ReadonlySet<FailureCode> = new Set([
  'storage-unavailable',
  'source-unavailable',
  'timed-out',
])

/**
 * What a client is told when something could not be added: what it did wrong, with the code and the words that a failed
 * pin shows, or which part of ours is away. A DAG that the node made and that is damaged is not the client's fault.
 */
export function explainAddFailure(error: unknown, format: AddParams['format']): unknown {
  if (!(error instanceof PickupError)) return error
  const { code, message, missingCids } = error
  const options = { cause: error }
  if (code === 'internal') return new HttpError(500, message, options)
  if (backendCodes.has(code)) return new HttpError(503, `${code}: ${failureCodes[code]}`, options)
  if (format === 'unixfs' && error instanceof TransientError)
    return new HttpError(503, `source-unavailable: ${failureCodes['source-unavailable']}`, options)
  const missing = missingCids.length > 0 ? ` (${missingCids.join(', ')})` : ''
  return new HttpError(code === 'car-too-big' ? 413 : 400, `${code}: ${message}${missing}`, options)
}
