import type { JsMsg } from '@nats-io/jetstream'
import { type Failure, failureOf, PermanentError } from '#libs/errors/index.ts'
import type { Envelope, EventDefinition } from '#libs/events/index.ts'
import { type Logger, SpanKind, withSpan } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { deadLetter } from './dead-letter.ts'
import { createHolds, type Hold } from './holds.ts'
import { traceContextOf } from './publish.ts'
import { pullInSlots } from './pull.ts'
import { settle } from './settle.ts'
import { type ConsumerName, consumers } from './streams.ts'

/** What a claim found. Same meaning as `Claim` of `libs/db`, which every service passes in. */
type Claimed<Lease> =
  | { kind: 'leased'; lease: Lease }
  | { kind: 'done'; result: unknown }
  | { kind: 'held' }
  | { kind: 'obsolete' }

/** What a handler gets beside the event. `signal` is aborted when the lease is lost or the service stops. */
export type JobContext<Lease> = { lease: Lease; signal: AbortSignal; log: Logger }

/** A step of the pipeline that takes minutes or hours, done under a lease. Results are plain JSON. */
export type LeasedStep<Data, Lease, Result> = {
  event: EventDefinition<Data>
  claim: (event: Envelope<Data>) => Promise<Claimed<Lease>>
  renew: (leases: readonly Lease[]) => Promise<readonly Lease[]>
  /** The work. Errors without a code count as transient. */
  run: (event: Envelope<Data>, context: JobContext<Lease>) => Promise<Result>
  /** Stores the result under the lease; rejects when the lease was lost. */
  complete: (lease: Lease, result: Result) => Promise<void>
  /** What follows from a stored result. Repeated after a crash, so it must be safe to repeat. */
  finish: (event: Envelope<Data>, result: Result) => Promise<void>
  /** Counts a failure and gives the lease back; returns the failures so far; rejects when the lease was lost. */
  fail: (lease: Lease, failure: Failure) => Promise<number>
  /** Gives the lease back without counting a failure. */
  release: (lease: Lease) => Promise<void>
  /** Tells the rest of the system that nobody will try again. Safe to repeat. */
  giveUp: (event: Envelope<Data>, failure: Failure) => Promise<void>
}

export type WorkerSettings = {
  slots: number
  heartbeatMs: number
  leaseMs: number
  failureLimit: number
  deliveryLimit: number
  retryMinMs: number
  retryMaxMs: number
}

type WorkOptions<Data, Lease, Result> = WorkerSettings & {
  bus: Bus
  consumer: ConsumerName
  step: LeasedStep<Data, Lease, Result>
  /** Running jobs are handed back at once when this is aborted. */
  stopping: AbortSignal
  log: Logger
}

/** Exponential from `retryMinMs`, times four each failure, capped, with 20 % jitter so that retries spread. */
export function retryDelayMs(failures: number, { retryMinMs, retryMaxMs }: WorkerSettings): number {
  const delayMs = Math.min(retryMaxMs, retryMinMs * 4 ** Math.max(0, failures - 1))
  return Math.round(delayMs * (0.9 + Math.random() * 0.2))
}

/**
 * Works on the jobs of one consumer until `stopping` is aborted. Each message ends in one of: confirmed ack,
 * `nak` with a delay, dead letter and confirmed `term`, or unsettled when another worker has the job by now.
 */
export async function workOnJobs<Data, Lease, Result>(
  options: WorkOptions<Data, Lease, Result>,
): Promise<void> {
  const { bus, consumer, step, stopping, log, slots, heartbeatMs, leaseMs } = options
  using holds = createHolds<Lease>({ renew: step.renew, heartbeatMs, leaseMs, log })
  const handle = async (message: JsMsg) => {
    const hold = holds.add(message)
    const attributes = {
      'messaging.system': 'nats',
      'messaging.operation.type': 'process',
      'messaging.destination.name': step.event.subject,
      'messaging.consumer.group.name': consumer,
      'messaging.nats.message.stream_sequence': message.seq,
      'messaging.nats.message.delivery_count': message.info.deliveryCount,
    }
    const parent = traceContextOf(message.headers)
    try {
      await withSpan(`process ${step.event.subject}`, { kind: SpanKind.CONSUMER, attributes, parent }, () =>
        handleMessage(options, message, hold),
      )
    } catch (err) {
      // Neither done nor counted as failed: the message stays unsettled and comes again after the ack wait.
      log.error({ err, seq: message.seq, subject: message.subject }, 'message left for another delivery')
    } finally {
      hold.release()
    }
  }
  await pullInSlots({ bus, consumer, slots, stopping, log, handle })
}

async function handleMessage<Data, Lease, Result>(
  options: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  hold: Hold<Lease>,
): Promise<void> {
  const { bus, step, stopping, log, consumer } = options
  const event = decode(step.event, message)
  if (event instanceof PermanentError) return discard(options, message, failureOf(event))

  let lease: Lease | undefined
  const startedAt = performance.now()
  try {
    const claimed = await step.claim(event)
    switch (claimed.kind) {
      case 'held':
        return log.debug({ eventId: event.id }, 'another worker has the job')
      case 'obsolete':
        return settle(bus, message, '+ACK', log)
      case 'done':
        await step.finish(event, claimed.result as Result)
        return settle(bus, message, '+ACK', log)
      case 'leased':
        lease = claimed.lease
    }
    hold.keep(lease)
    if (message.info.deliveryCount > options.deliveryLimit) {
      throw new PermanentError(
        'worker-lost',
        `no worker reported back in ${options.deliveryLimit} deliveries`,
      )
    }
    const result = await step.run(event, { lease, signal: AbortSignal.any([hold.lost, stopping]), log })
    await step.complete(lease, result)
    // The work is done and stored: trouble with telling so is no failure of the job.
    lease = undefined
    await step.finish(event, result)
    await settle(bus, message, '+ACK', log)
    log.info(
      { eventId: event.id, consumer, durationMs: Math.round(performance.now() - startedAt) },
      'job done',
    )
  } catch (error) {
    if (hold.lost.aborted) return log.warn({ eventId: event.id, err: error }, 'lease lost, job dropped')
    await handleFailure(options, message, event, lease, error)
  }
}

async function handleFailure<Data, Lease, Result>(
  options: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  event: Envelope<Data>,
  lease: Lease | undefined,
  error: unknown,
): Promise<void> {
  const { step, stopping, log, failureLimit } = options
  const permanent = error instanceof PermanentError
  const failure = failureOf(error)
  if (stopping.aborted && !permanent) {
    if (lease !== undefined) await step.release(lease)
    log.info({ eventId: event.id }, 'service stops, job handed back')
    return message.nak()
  }
  const failures = lease === undefined ? 0 : await step.fail(lease, failure)
  if (permanent || failures >= failureLimit) {
    log.error({ eventId: event.id, err: error, code: failure.code, failures }, 'gave up')
    return discard(options, message, failure, event)
  }
  // Without a lease nothing is counted (Postgres is away, say): the deliveries, which have a limit, are spread instead.
  const delayMs = retryDelayMs(lease === undefined ? message.info.deliveryCount : failures, options)
  log.warn({ eventId: event.id, err: error, code: failure.code, failures, delayMs }, 'job failed, will retry')
  message.nak(delayMs)
}

/** Dead letter first, so that a crash in between repeats the job rather than losing the message. */
async function discard<Data, Lease, Result>(
  { bus, consumer, step, log }: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  failure: Failure,
  event?: Envelope<Data>,
): Promise<void> {
  await deadLetter(bus, consumer, message, failure)
  if (event) await step.giveUp(event, failure)
  else
    log.error(
      { seq: message.seq, stream: consumers[consumer].stream, code: failure.code, reason: failure.message },
      'message refused',
    )
  await settle(bus, message, `+TERM ${failure.code}`, log)
}

function decode<Data>(event: EventDefinition<Data>, message: JsMsg): Envelope<Data> | PermanentError {
  try {
    return event.decode(message.data)
  } catch (error) {
    if (error instanceof PermanentError) return error
    throw error
  }
}
