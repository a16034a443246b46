import { STATUS_CODES } from 'node:http'
import { HttpError } from './http-error.ts'

/** What a client gets to see of an error. */
export type ErrorAnswer = { statusCode: number; message: string }

/**
 * The body of every error, those of the router and the parsers included. `target` is the path and query of the
 * request; undefined when it never became known.
 */
export type ErrorBody = (statusCode: number, message: string, target: string | undefined) => object

/** Turns any error into what a client may see. */
export type AnswerError = (error: unknown) => ErrorAnswer

/**
 * An error that is not the client's fault answers 500, or 503 when a backend is away, and keeps its text to itself;
 * only an `HttpError` says at any status what it has to say.
 */
export const createAnswerError =
  (isBackendAway: (error: unknown) => boolean): AnswerError =>
  error => {
    const statusCode = statusOf(error) ?? (isBackendAway(error) ? 503 : 500)
    const speaks = error instanceof HttpError || (statusCode < 500 && error instanceof Error)
    return { statusCode, message: speaks ? error.message : (STATUS_CODES[statusCode] ?? 'error') }
  }

/** Fastify's own errors carry a status; so does `HttpError`. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined
}
