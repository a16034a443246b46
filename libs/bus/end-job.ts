import type { JsMsg } from '@nats-io/jetstream'
import { type Failure, failureOf, isOutage, PermanentError, PickupError } from '#libs/errors/index.ts'
import type { Envelope } from '#libs/events/index.ts'
import { metrics } from '#libs/telemetry/index.ts'
import { deadLetter } from './dead-letter.ts'
import { type JobData, type LeaseFacts, PostponedError } from './leased-step.ts'
import { NotStoredError } from './publish.ts'
import { handBack } from './pull.ts'
import { retryDelayMs } from './retry-delay.ts'
import { settle } from './settle.ts'
import { consumers } from './streams.ts'
import type { WorkOptions } from './work-options.ts'

/** What became of an attempt at a job. */
export type JobOutcome = (typeof metrics.jobDuration.attributes)['pickup.outcome'][number]

/** What fails here is repeated: the message comes again, and its claim finds the job obsolete. */
export async function endCancelled<Data extends JobData, Lease extends LeaseFacts, Result>(
  { bus, consumer, step, log }: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  event: Envelope<Data>,
  lease: Lease,
): Promise<JobOutcome> {
  await step.abandon(event)
  await step.release(lease)
  await settle(bus, message, '+ACK', log)
  log.info({ eventId: event.id, consumer }, 'job cancelled')
  return 'cancelled'
}

/**
 * After an error: the job is handed back uncounted, when the worker stops, gives way, or has trouble of its own; counted as a
 * failure, and tried again later; or given up, when it can never succeed or has failed too often.
 */
export async function handleFailure<Data extends JobData, Lease extends LeaseFacts, Result>(
  options: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  event: Envelope<Data>,
  lease: Lease | undefined,
  error: unknown,
): Promise<JobOutcome> {
  const { step, stopping, log, consumer } = options
  const permanent = error instanceof PermanentError
  const failure = failureOf(error)
  if (stopping.aborted && !permanent) {
    if (lease !== undefined) await step.release(lease)
    log.info({ eventId: event.id }, 'service stops, job handed back')
    handBack(message)
    return 'handed-back'
  }
  if (lease !== undefined && error instanceof PostponedError) {
    await step.postpone(lease)
    log.debug({ eventId: event.id, reason: error.message }, 'job postponed')
    message.nak(retryDelayMs(message.info.deliveryCount, options))
    return 'postponed'
  }
  if (lease !== undefined && isOwnTrouble(error, options)) {
    await step.release(lease)
    const delayMs = retryDelayMs(message.info.deliveryCount, options)
    log.warn({ eventId: event.id, err: error, delayMs }, 'job handed back, NATS or Postgres is in trouble')
    message.nak(delayMs)
    return 'handed-back'
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
  metrics.jobFailures.add(1, {
    'messaging.consumer.group.name': consumer,
    'error.type': failure.code,
    'pickup.outcome': 'failed',
  })
  message.nak(delayMs)
  return 'failed'
}

const isOwnTrouble = (error: unknown, { isDatabaseAway }: { isDatabaseAway?: (error: unknown) => boolean }) =>
  error instanceof NotStoredError || (!(error instanceof PickupError) && isDatabaseAway?.(error) === true)

/**
 * The pin fails first: a DLQ that takes nothing must not keep it waiting. What fails here is repeated with the message; the
 * letter of a pin that has failed by then may be missing, its reason is in Postgres.
 */
export async function discard<Data extends JobData, Lease extends LeaseFacts, Result>(
  { bus, consumer, step, log }: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  failure: Failure,
  event?: Envelope<Data>,
): Promise<JobOutcome> {
  if (event) await step.giveUp(event, failure)
  else
    log.error(
      { seq: message.seq, stream: consumers[consumer].stream, code: failure.code, reason: failure.message },
      'message refused',
    )
  await deadLetter(bus, consumer, message, failure)
  await settle(bus, message, `+TERM ${failure.code}`, log)
  metrics.jobFailures.add(1, {
    'messaging.consumer.group.name': consumer,
    'error.type': failure.code,
    'pickup.outcome': 'gave-up',
  })
  return 'gave-up'
}
