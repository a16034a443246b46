import { setTimeout as delay } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { type Logger, metrics } from '#libs/telemetry/index.ts'
import { isTemporary, StorageError, storageErrorOf } from './storage-errors.ts'

/** How long to wait for the store, and how long to go on trying. */
export type CallTimes = {
  /** One attempt, from the wait for a connection to the last byte of the answer. */
  requestTimeoutMs: number
  /** The same for what the store does by itself: copies and the completion of a multipart upload. */
  serverWorkTimeoutMs: number
  /** A body that brings no byte for this long is given up. */
  readIdleTimeoutMs: number
  /** After a temporary failure no new attempt begins once this much time has passed since the first one. 0 = one attempt. */
  retryForMs: number
  /** After an abort, how long parts under way may still take before their connections are cut. */
  abortGraceMs: number
}

type CallOptions = {
  signal?: AbortSignal | undefined
  timeoutMs?: number
  retryForMs?: number
  /**
   * After an abort of the signal an attempt that has begun gets `abortGraceMs` to end by itself: for requests that leave something
   * behind. A store may keep what it was still receiving when the connection was cut, and then nobody knows of it.
   */
  finishAttempt?: boolean
}

type Attempt<T> = (client: S3Client, http: { abortSignal: AbortSignal }) => Promise<T>

/** The one way to talk to the store: gives every call a deadline, retries and one kind of error. */
export type S3Calls = {
  readonly times: CallTimes
  call<T>(operation: string, target: string, attempt: Attempt<T>, options?: CallOptions): Promise<T>
}

const firstBackoffMs = 100
const longestBackoffMs = 5_000

/**
 * Retries are done here and not by the SDK: its count of attempts and its client-wide budget would give up on a store that restarts
 * for ten seconds, and with it on hours of transfer.
 */
export function createS3Calls(client: S3Client, times: CallTimes, log: Logger | undefined): S3Calls {
  const call: S3Calls['call'] = async (operation, target, attempt, options = {}) => {
    const { signal, timeoutMs = times.requestTimeoutMs, retryForMs = times.retryForMs } = options
    const graceMs = options.finishAttempt ? times.abortGraceMs : 0
    const giveUpAt = performance.now() + retryForMs
    for (let failures = 0; ; failures++) {
      signal?.throwIfAborted()
      const startedAt = performance.now()
      try {
        const answer = await attemptOnce(client, attempt, { signal, timeoutMs, graceMs })
        measure(operation, startedAt)
        return answer
      } catch (cause) {
        signal?.throwIfAborted()
        const error = storageErrorOf(operation, target, cause)
        measure(operation, startedAt, { 'error.type': String(error.httpStatus ?? 'no-answer') })
        const backoffMs = Math.random() * Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures)
        if (!isTemporary(error) || performance.now() + backoffMs >= giveUpAt) throw error
        log?.debug({ err: error, failures }, 'storage call is tried again')
        await backOff(backoffMs, signal)
      }
    }
  }
  return { times, call }
}

function measure(operation: string, startedAt: number, failure?: { 'error.type': string }): void {
  const seconds = (performance.now() - startedAt) / 1_000
  metrics.s3Duration.record(seconds, { 'rpc.method': operation, ...failure })
}

async function attemptOnce<T>(
  client: S3Client,
  attempt: Attempt<T>,
  { signal, timeoutMs, graceMs }: { signal: AbortSignal | undefined; timeoutMs: number; graceMs: number },
): Promise<T> {
  const cut = new AbortController()
  const cutAfter = (delayMs: number, reason: unknown): NodeJS.Timeout =>
    setTimeout(() => cut.abort(reason), delayMs)
  const timers = [cutAfter(timeoutMs, new NoAnswerError(`no answer within ${timeoutMs} ms`))]
  const onAbort = (): void => {
    if (graceMs === 0) cut.abort(signal?.reason)
    else timers.push(cutAfter(graceMs, signal?.reason))
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await attempt(client, { abortSignal: cut.signal })
  } catch (error) {
    cut.signal.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    for (const timer of timers) clearTimeout(timer)
  }
}

/** The store was silent for longer than allowed. */
export class NoAnswerError extends Error {
  override name = 'NoAnswer'
}

async function backOff(backoffMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(backoffMs, undefined, signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** How an object is named in messages. */
export const nameOf = ({ bucket, key }: { bucket: string; key: string }): string => `${bucket}/${key}`

/** Whether `error` is the answer of the store that carries `code`. */
export function isAnswer(error: unknown, code: string): error is StorageError {
  return error instanceof StorageError && error.s3Code === code
}

/**
 * Sends a write that must not replace an object (412 if there is one). A store that answers 501 to the condition gets the write
 * without it; one that does not know the header ignores it. So the condition saves work and is no guarantee.
 */
export async function sendOnlyIfAbsent<T>(
  send: (condition: { IfNoneMatch?: '*' }) => Promise<T>,
): Promise<T> {
  try {
    return await send({ IfNoneMatch: '*' })
  } catch (error) {
    if (!(error instanceof StorageError && error.httpStatus === 501)) throw error
    return await send({})
  }
}
