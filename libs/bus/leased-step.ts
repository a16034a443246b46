import type { Failure } from '#libs/errors/index.ts'
import type { Envelope, EventDefinition } from '#libs/events/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Generation } from './running-jobs.ts'

/** What a claim found. Same meaning as `Claim` of `libs/db`, which every service passes in. */
type Claimed<Lease> =
  | { kind: 'leased'; lease: Lease }
  | { kind: 'done'; result: unknown }
  | { kind: 'held' }
  | { kind: 'obsolete' }
  | { kind: 'unknown' }

/** What the worker has to know of a lease. `unreported` counts the leases before it that ended without a report. */
export type LeaseFacts = Generation & { unreported: number }

/** What a handler gets beside the event. */
export type JobContext<Lease> = {
  lease: Lease
  /** Aborted when the lease is lost, the job is cancelled, or the service stops. */
  signal: AbortSignal
  /**
   * To be called before the job makes what only its result tells of: from here on it is not cancelled any more. Throws
   * when it was cancelled before.
   */
  commit: () => void
  log: Logger
}

/**
 * Thrown by a job that gives its slot to others and wants to be tried again later: no failure, and no attempt either.
 * `message` is for the log.
 */
export class PostponedError extends Error {
  override name = 'PostponedError'
}

/** The data of an event that asks for a job. Without a generation it is no job yet. */
export type JobData = { cid: string; generation?: number }

/** A step of the pipeline that takes minutes or hours, done under a lease. Results are plain JSON. */
export type LeasedStep<Data extends JobData, Lease extends LeaseFacts, Result> = {
  event: EventDefinition<Data>
  claim: (event: Envelope<Data>) => Promise<Claimed<Lease>>
  /** Prolongs leases. Tells which are lost, and which are for a generation that nobody wants any more. */
  renew: (leases: readonly Lease[]) => Promise<{ lost: readonly Lease[]; unwanted: readonly Lease[] }>
  /** The work. Errors without a code count as transient; `PostponedError` counts as nothing. */
  run: (event: Envelope<Data>, context: JobContext<Lease>) => Promise<Result>
  /** Stores the result under the lease; rejects when the lease was lost. */
  complete: (lease: Lease, result: Result) => Promise<void>
  /** What follows from a stored result. Repeated after a crash, so it must be safe to repeat. */
  finish: (event: Envelope<Data>, result: Result) => Promise<void>
  /**
   * Counts a failure and gives the lease back; returns the failures so far of its kind: those of the content, or those by
   * outages ({@link isOutage}). Rejects when the lease was lost.
   */
  fail: (lease: Lease, failure: Failure) => Promise<number>
  /** Gives the lease back without counting a failure. */
  release: (lease: Lease) => Promise<void>
  /** Gives the lease back as if it had never been given: the next one is the same attempt. */
  postpone: (lease: Lease) => Promise<void>
  /** Removes what the work on a cancelled job has left behind. Safe to repeat. */
  abandon: (event: Envelope<Data>) => Promise<void>
  /** Tells the rest of the system that nobody will try again. Safe to repeat. */
  giveUp: (event: Envelope<Data>, failure: Failure) => Promise<void>
}
