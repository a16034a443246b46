import type { JsMsg } from '@nats-io/jetstream'
import { failureOf, PermanentError } from '#libs/errors/index.ts'
import { metrics, SpanKind, withSpan } from '#libs/telemetry/index.ts'
import { decodeMessage } from './decode-message.ts'
import { discard, endCancelled, handleFailure, type JobOutcome } from './end-job.ts'
import { createHolds, type Hold } from './holds.ts'
import { tooManyDeliveries } from './late-delivery.ts'
import type { JobData, LeaseFacts } from './leased-step.ts'
import { headersOf, traceContextOf } from './publish.ts'
import { pullInSlots } from './pull.ts'
import { settle } from './settle.ts'
import type { WorkOptions } from './work-options.ts'

/** A producer's mistake: a generation begins in Postgres before its job is published. */
const unknownJob = failureOf(new PermanentError('invalid-message', 'no pin wants this generation'))

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
  metrics.slotLimit.record(slots, { 'pickup.slot': 'job' })
  const handle = async (message: JsMsg, isLate: boolean) => {
    const hold = holds.add(message)
    const startedAt = performance.now()
    metrics.slotUsage.add(1, { 'pickup.slot': 'job' })
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
      const outcome = await withSpan(`process ${step.event.subject}`, span, () =>
        handleMessage(options, message, hold, isLate),
      )
      if (outcome)
        metrics.jobDuration.record((performance.now() - startedAt) / 1_000, {
          'messaging.consumer.group.name': consumer,
          'pickup.outcome': outcome,
        })
    } catch (err) {
      // Neither done nor counted as failed: the message stays unsettled and comes again after the ack wait.
      log.error({ err, seq: message.seq, subject: message.subject }, 'message left for another delivery')
    } finally {
      hold.release()
      metrics.slotUsage.add(-1, { 'pickup.slot': 'job' })
    }
  }
  await pullInSlots({ bus, consumer, slots, mayPull, stopping, log, handle })
}

/** Resolves with what became of the attempt; undefined where there was nothing left to do. */
async function handleMessage<Data extends JobData, Lease extends LeaseFacts, Result>(
  options: WorkOptions<Data, Lease, Result>,
  message: JsMsg,
  hold: Hold<Lease>,
  isLate: boolean,
): Promise<JobOutcome | undefined> {
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
        log.debug({ eventId: event.id }, 'another worker has the job')
        return undefined
      case 'obsolete':
        await settle(bus, message, '+ACK', log)
        return undefined
      case 'unknown':
        return discard(options, message, unknownJob)
      case 'done':
        await step.finish(event, claimed.result as Result)
        await settle(bus, message, '+ACK', log)
        return undefined
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
    return 'done'
  } catch (error) {
    if (lease !== undefined && job.cancelled.aborted) return endCancelled(options, message, event, lease)
    if (hold.lost.aborted) {
      metrics.leasesLost.add(1)
      log.warn({ eventId: event.id, err: error }, 'lease lost, job dropped')
      return 'lease-lost'
    }
    return handleFailure(options, message, event, lease, error)
  }
}
