import { type FailureCode, PickupError, TransientError } from '#libs/errors/index.ts'

/** Kubo answered and said that the command failed; `message` is its text. */
export class KuboCommandError extends Error {
  override name = 'KuboCommandError'
}

/** One call to Kubo: its limits, and how its failures are told. */
export type KuboCall = {
  /** Aborts when the caller does or the time is over. */
  signal: AbortSignal
  /** Value for `timeout`, an option of every RPC command. */
  kuboTimeout: string
  /** What to throw for anything caught during the call. */
  translate(error: unknown): unknown
}

/** Kubo's own timer is only the backstop: when it is the later one, the clock tells a timeout from other failures. */
const kuboGraceMs = 1_000

/**
 * Starts the clock of a call. `what` says in the infinitive what is tried, for messages.
 * `codes.expired` is thrown when the time is over, `codes.failed` when Kubo reports a failed command:
 * its errors carry no code of their own, so the command decides what its failure means.
 */
export function beginCall(
  what: string,
  { timeoutMs, signal }: { timeoutMs?: number; signal: AbortSignal },
  codes: { expired: FailureCode; failed: FailureCode },
): KuboCall {
  const expiry = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  return {
    signal: expiry === undefined ? signal : AbortSignal.any([signal, expiry]),
    kuboTimeout: timeoutMs === undefined ? '' : `${timeoutMs + kuboGraceMs}ms`,
    translate(error) {
      if (signal.aborted) return signal.reason
      if (error instanceof PickupError) return error
      if (expiry?.aborted) {
        return new TransientError(codes.expired, `Could not ${what} within ${timeoutMs} ms`, { cause: error })
      }
      if (isCommandFailure(error) && !nodeTrouble.test(error.message)) {
        return new TransientError(codes.failed, `Could not ${what}: ${error.message}`, { cause: error })
      }
      const reason = reasonOf(error)
      return new TransientError('source-unavailable', `Could not ${what}: ${reason}`, { cause: error })
    },
  }
}

/** What a node says that is being stopped, or whose disk is full or broken: nothing about the content. */
const nodeTrouble = /context canceled|channel was closed|no space left on device|input\/output error/

/**
 * Kubo answers a failed command with status 500 and a JSON body; kubo-rpc-client turns it into an `HTTPError`,
 * or a `TimeoutError` without a response when Kubo's timer was the reason. Neither class is exported.
 */
function isCommandFailure(error: unknown): error is Error {
  if (error instanceof KuboCommandError) return true
  if (!(error instanceof Error)) return false
  if (error.name === 'TimeoutError') return true
  return (
    error.name === 'HTTPError' &&
    'response' in error &&
    error.response instanceof Response &&
    error.response.status === 500
  )
}

/** `fetch` hides the reason of a broken connection in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${reasonOf(error.cause)})` : error.message
}
