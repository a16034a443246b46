import { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { reasonOf } from '#deploy/terminal/reason-of.ts'
import { failureCodes } from '#libs/errors/index.ts'
import { CliError } from './cli-error.ts'

/** An answer with a status of success. Its body must be read or destroyed. */
export type Answer = Dispatcher.ResponseData

type Request = {
  method: 'GET' | 'POST' | 'DELETE'
  authorization: string
  headers?: Record<string, string>
  body?: string | AsyncIterable<Uint8Array>
  signal: AbortSignal
  /** Longest wait for the answer to begin; 0 for any. */
  timeoutMs?: number
}

const ANSWER_TIMEOUT_MS = 60_000

/**
 * Sends a request to the server. Throws {@link CliError}: `unreachable` when there is no answer or the server cannot work
 * now, `unauthorized` when it does not accept the credentials, `refused` for all else that is no success.
 */
export async function sendRequest(url: string, given: Request): Promise<Answer> {
  const { method, authorization, headers, body, signal, timeoutMs = ANSWER_TIMEOUT_MS } = given
  const answer = await request(url, {
    method,
    headers: { ...headers, authorization },
    body: body === undefined || typeof body === 'string' ? (body ?? null) : Readable.from(body),
    signal,
    headersTimeout: timeoutMs,
    // Streams may be silent for as long as a transfer is.
    bodyTimeout: 0,
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw explainNoAnswer(url, cause)
  })
  if (answer.statusCode < 300) return answer
  throw explainRefusal(url, answer.statusCode, await answer.body.text())
}

/** What to say of a connection that could not be made, or broke. */
export function explainNoAnswer(url: string, cause: unknown): CliError {
  const { host } = new URL(url)
  // Of a name with several addresses there is a reason for each.
  const reason = cause instanceof AggregateError ? cause.errors.map(reasonOf).join(', ') : reasonOf(cause)
  return new CliError('unreachable', `${host} does not answer (${reason}): is Pickup running there?`, {
    cause,
  })
}

function explainRefusal(url: string, status: number, text: string): CliError {
  const { host } = new URL(url)
  const details = withSentence(detailsOf(text) || `status ${status}`)
  if (status === 401 || status === 403)
    return new CliError(
      'unauthorized',
      `${host} does not let you in: ${details}. Give another token with --token, PICKUP_TOKEN or "pickup login"`,
    )
  if (status >= 500)
    return new CliError('unreachable', `${host} cannot answer now: ${details}. Try again later`)
  return new CliError('refused', `${host} refuses: ${details}`)
}

/** A failure of content says what to do about it: `dag-incomplete: 2 linked blocks are missing`. */
function withSentence(details: string): string {
  const sentence = Object.entries(failureCodes).find(([code]) => details.startsWith(`${code}: `))?.[1]
  return sentence === undefined || details.includes(sentence) ? details : `${details}. ${sentence}`
}

/** Of both APIs: `{ error: { reason, details } }` and `{ code, message }`. What is neither is told by its status. */
function detailsOf(text: string): string | undefined {
  try {
    const { error, message } = JSON.parse(text)
    return error?.details ?? message
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
