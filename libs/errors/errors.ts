import { type FailureCode, failureCodes } from './failure-codes.ts'

type Details = { cause?: unknown; missingCids?: readonly string[] }

/** Base of the errors that carry a {@link FailureCode}. Throw one of the two subclasses. */
export abstract class PickupError extends Error {
  readonly code: FailureCode
  /** Canonical CIDs of blocks that could not be found, at most 20. */
  readonly missingCids: readonly string[]

  constructor(code: FailureCode, message: string, { cause, missingCids = [] }: Details = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.missingCids = missingCids
  }
}

/** The same message can never succeed: it is dead-lettered at once. */
export class PermanentError extends PickupError {
  override name = 'PermanentError'
}

/** The same message can succeed later: it is retried until the failure limit. Any unknown error counts as one. */
export class TransientError extends PickupError {
  override name = 'TransientError'
}

/** What is told about an error outside the process: never a stack, never the cause. */
export type Failure = { code: FailureCode; message: string; missingCids: readonly string[] }

const maxMessageChars = 1_000

/**
 * Total: any thrown value becomes a failure. What carries no code is `internal`, and its text stays in the log: it was
 * not written for the client and may quote queries or hosts. A text that is told is one line that every store takes.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof PickupError) {
    const message = error.message
      .replaceAll(/\p{Cc}+/gu, ' ')
      .toWellFormed()
      .slice(0, maxMessageChars)
    return { code: error.code, message, missingCids: error.missingCids }
  }
  return { code: 'internal', message: failureCodes.internal, missingCids: [] }
}
