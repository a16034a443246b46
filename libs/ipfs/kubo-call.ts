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
  /** Whether an error means that the time is over. */
  isExpiry(error: unknown): boolean
  /** What to throw for anything caught during the call. */
  translate(error: unknown): unknown
}

/** The later of two timers is only the backstop. */
const graceMs = 1_000

/** What Kubo says when the `timeout` of a command is over. */
const deadlineExceeded = /context deadline exceeded/

/**
 * Starts the clock of a call. `what` says in the infinitive what is tried, for messages.
 * `codes.expired` is thrown when the time is over, `codes.failed` when Kubo reports a failed command:
 * its errors carry no code of their own, so the command decides what its failure means.
 *
 * Our clock is the earlier one, and tells a timeout from other failures. With `isEndedByKubo` Kubo's is: then the connection
 * stays open, which counts where most calls run out of time.
 */
export function beginCall(
  what: string,
  {
    timeoutMs,
    signal,
    isEndedByKubo = false,
  }: { timeoutMs?: number; signal: AbortSignal; isEndedByKubo?: boolean },
  codes: { expired: FailureCode; failed: FailureCode },
): KuboCall {
  const [ourGraceMs, kuboGraceMs] = isEndedByKubo ? [graceMs, 0] : [0, graceMs]
  const expiry = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs + ourGraceMs)
  const isExpiry = (error: unknown) =>
    expiry?.aborted === true ||
    (isEndedByKubo && error instanceof KuboCommandError && deadlineExceeded.test(error.message))
  return {
    signal: expiry === undefined ? signal : AbortSignal.any([signal, expiry]),
    kuboTimeout: timeoutMs === undefined ? '' : `${timeoutMs + kuboGraceMs}ms`,
    isExpiry,
    translate(error) {
      if (signal.aborted) return signal.reason
      if (error instanceof PickupError) return error
      if (isExpiry(error)) {
        return new TransientError(codes.expired, `Could not ${what} within ${timeoutMs} ms`, { cause: error })
      }
      if (error instanceof KuboCommandError && !nodeTrouble.test(error.message)) {
        return new TransientError(codes.failed, `Could not ${what}: ${error.message}`, { cause: error })
      }
      const reason = reasonOf(error)
      return new TransientError('source-unavailable', `Could not ${what}: ${reason}`, { cause: error })
    },
  }
}

/** What a node says that is being stopped, or whose disk is full or broken: nothing about the content. */
const nodeTrouble = /context canceled|channel was closed|no space left on device|input\/output error/

/** The reason of a broken connection may be in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${reasonOf(error.cause)})` : error.message
}
