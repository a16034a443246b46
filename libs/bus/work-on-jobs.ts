import type { JsMsg } from '@nats-io/jetstream'
import { type Failure, failureOf, isOutage, PermanentError, PickupError } from '#libs/errors/index.ts'
import type { Envelope } from '#libs/events/index.ts'
import { type Logger, SpanKind, withSpan } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { deadLetter } from './dead-letter.ts'
import { decodeMessage } from './decode-message.ts'
import { createHolds, type Hold } from './holds.ts'
import { tooManyDeliveries } from './late-delivery.ts'
import { type JobData, type LeasedStep, type LeaseFacts, PostponedError } from './leased-step.ts'
import { headersOf, NotStoredError, traceContextOf } from './publish.ts'
import { handBack, pullInSlots } from './pull.ts'
import { type RetryDelays, retryDelayMs } from './retry-delay.ts'
import type { RunningJobs } from './running-jobs.ts'
import { settle } from './settle.ts'
import { consumers, type JobConsumer } from './streams.ts'

export type WorkerSettings = RetryDelays & {
  slots: number
  heartbeatMs: number
  leaseMs: number
  /** Failures for reasons of the content or its peers, after which a job is given up. */
  failureLimit: number
  /** Failures because a server of the operator's did not answer, after which a job is given up. */
  outageLimit: number
  /** Leases that may end without a report before a job is given up as `worker-lost`: it may kill its workers. */
  deliveryLimit: number
}

/** A producer's mistake: a generation begins in Postgres before its job is published. */
const unknownJob = failureOf(new PermanentError('invalid-message', 'no pin wants this generation'))

type WorkOptions<Data extends JobData, Lease extends LeaseFacts, Result> = WorkerSettings & {
  bus: Bus
  consumer: JobConsumer
  step: LeasedStep<Data, Lease, Result>
  /** Where the jobs are registered while they run: a job that is cancelled there ends at once. */
  runningJobs: RunningJobs
  /** Whether jobs could be worked on right now. While it is false none are taken; those that run go on. */
  mayPull?: () => Promise<boolean>
  /** Whether an error that has no code tells that the database is away: nothing is counted then. */
  isDatabaseAway?: (error: unknown) => boolean
  /** Running jobs are handed back at once when this is aborted. */
  stopping: AbortSignal
  log: Logger
}

/**
 * Works on the jobs of one consumer until `stopping` is aborted. Each message ends in one of: confirmed ack,
 * `nak` with a delay (after a failure, or when the job gave way), dead letter and confirmed `term`, or unsettled when another worker has the job by now.
 */
export async function workOnJobs<Data extends JobData, Lease extends LeaseFacts, Result>(
  options: WorkOptions<Data, Lease, Result>,
): Promise<void> {
  const { bus, consumer, step, runningJobs, mayPull, stopping, log, slots, heartbeatMs, leaseMs } = options
  const renew = async (leases: readonly Lease[]) => {
    const { lost, unwanted } = await step.renew(leases)
    // Cancels whose event did not come: it was published while this process could not hear it.
    for (const lease of unwanted) runningJobs.cancel(lease)
    return lost
  }
  using holds = createHolds<Lease>({ renew, heartbeatMs, leaseMs, log })
  const handle = async (message: JsMsg, isLate: boolean) => {
    const hold = holds.add(message)
    try {
      const attributes = {
        'messaging.system': 'nats',
        'messaging.operation.type': 'process',
        'messaging.destination.name': step.event.subject,
        'messaging.consumer.group.name': consumer,
        'messaging.nats.message.stream_sequence': message.seq,
        'messaging.nats.message.delivery_count': message.info.deliveryCount,
      }
      const span = { kind: SpanKind.CONSUMER, attributes, parent: traceContextOf(headersOf(message)) }
      await withSpan(`process ${step.event.subject}`, span, () =>
        handleMessage(options, message, hold, isLate),
      )
    } catch (err) {
      // Neither done nor counted as failed: the message stays unsettled and comes again after the ack wait.
      log.error({ err, seq: message.seq, subject: message.subject }, 'message left for another delivery')
    } finally {
      hold.release()
    }
  }
  await pullInSlots({ bus, consumer, slots, mayPull, stopping, log, handle })
}

async function handleMessage<Data extends JobData, Lease extends LeaseFacts, Result>(
  options: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  hold: Hold<Lease>,
  isLate: boolean,
): Promise<void> {
  const { bus, step, stopping, log, consumer } = options
  const event = decodeMessage(step.event, message)
  if (event instanceof PermanentError) return discard(options, message, failureOf(event))
  // Before the claim, so that a cancel which comes between the claim and its answer is heard.
  using job = options.runningJobs.begin(event.data)
  let lease: Lease | undefined
  const startedAt = performance.now()
  try {
    const claimed = await step.claim(event)
    switch (claimed.kind) {
      case 'held':
        return log.debug({ eventId: event.id }, 'another worker has the job')
      case 'obsolete':
        return settle(bus, message, '+ACK', log)
      case 'unknown':
        return discard(options, message, unknownJob)
      case 'done':
        await step.finish(event, claimed.result as Result)
        return settle(bus, message, '+ACK', log)
      case 'leased':
        lease = claimed.lease
    }
    hold.keep(lease)
    if (lease.unreported >= options.deliveryLimit)
      throw new PermanentError('worker-lost', `${lease.unreported} workers that took the job never reported`)
    if (isLate) throw tooManyDeliveries(message.info.deliveryCount)
    const { cancelled, commit } = job
    cancelled.throwIfAborted()
    const signal = AbortSignal.any([hold.lost, cancelled, stopping])
    const result = await step.run(event, { lease, signal, commit, log })
    commit()
    await step.complete(lease, result)
    // The work is done and stored: trouble with telling so is no failure of the job.
    lease = undefined
    await step.finish(event, result)
    await settle(bus, message, '+ACK', log)
    const durationMs = Math.round(performance.now() - startedAt)
    log.info({ eventId: event.id, consumer, durationMs }, 'job done')
  } catch (error) {
    if (lease !== undefined && job.cancelled.aborted) return endCancelled(options, message, event, lease)
    if (hold.lost.aborted) return log.warn({ eventId: event.id, err: error }, 'lease lost, job dropped')
    await handleFailure(options, message, event, lease, error)
  }
}

/** What fails here is repeated: the message comes again, and its claim finds the job obsolete. */
async function endCancelled<Data extends JobData, Lease extends LeaseFacts, Result>(
  { bus, consumer, step, log }: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  event: Envelope<Data>,
  lease: Lease,
): Promise<void> {
  await step.abandon(event)
  await step.release(lease)
  await settle(bus, message, '+ACK', log)
  log.info({ eventId: event.id, consumer }, 'job cancelled')
}

async function handleFailure<Data extends JobData, Lease extends LeaseFacts, Result>(
  options: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  event: Envelope<Data>,
  lease: Lease | undefined,
  error: unknown,
): Promise<void> {
  const { step, stopping, log } = options
  const permanent = error instanceof PermanentError
  const failure = failureOf(error)
  if (stopping.aborted && !permanent) {
    if (lease !== undefined) await step.release(lease)
    log.info({ eventId: event.id }, 'service stops, job handed back')
    return handBack(message)
  }
  if (lease !== undefined && error instanceof PostponedError) {
    await step.postpone(lease)
    log.debug({ eventId: event.id, reason: error.message }, 'job postponed')
    return message.nak(retryDelayMs(message.info.deliveryCount, options))
  }
  if (lease !== undefined && isOwnTrouble(error, options)) {
    await step.release(lease)
    const delayMs = retryDelayMs(message.info.deliveryCount, options)
    log.warn({ eventId: event.id, err: error, delayMs }, 'job handed back, NATS or Postgres is in trouble')
    return message.nak(delayMs)
  }
  const failures = lease === undefined ? 0 : await step.fail(lease, failure)
  const limit = isOutage(failure.code) ? options.outageLimit : options.failureLimit
  if (permanent || failures >= limit) {
    log.error({ eventId: event.id, err: error, code: failure.code, failures }, 'gave up')
    return discard(options, message, failure, event)
  }
  // Without a lease nothing is counted (Postgres is away, say): the message comes again until one is given, ever later.
  const delayMs = retryDelayMs(lease === undefined ? message.info.deliveryCount : failures, options)
  log.warn({ eventId: event.id, err: error, code: failure.code, failures, delayMs }, 'job failed, will retry')
  message.nak(delayMs)
}

const isOwnTrouble = (error: unknown, { isDatabaseAway }: { isDatabaseAway?: (error: unknown) => boolean }) =>
  error instanceof NotStoredError || (!(error instanceof PickupError) && isDatabaseAway?.(error) === true)

/**
 * The pin fails first: a DLQ that takes nothing must not keep it waiting. What fails here is repeated with the message; the
 * letter of a pin that has failed by then may be missing, its reason is in Postgres.
 */
async function discard<Data extends JobData, Lease extends LeaseFacts, Result>(
  { bus, consumer, step, log }: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  failure: Failure,
  event?: Envelope<Data>,
): Promise<void> {
  if (event) await step.giveUp(event, failure)
  else
    log.error(
      { seq: message.seq, stream: consumers[consumer].stream, code: failure.code, reason: failure.message },
      'message refused',
    )
  await deadLetter(bus, consumer, message, failure)
  await settle(bus, message, `+TERM ${failure.code}`, log)
}
