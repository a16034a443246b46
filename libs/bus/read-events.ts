import type { JsMsg } from '@nats-io/jetstream'
import { failureOf, PermanentError } from '#libs/errors/index.ts'
import type { Envelope, EventDefinition } from '#libs/events/index.ts'
import { type Logger, metrics, SpanKind, withSpan } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { deadLetter } from './dead-letter.ts'
import { tooManyDeliveries } from './late-delivery.ts'
import { headersOf, traceContextOf } from './publish.ts'
import { pullInSlots } from './pull.ts'
import { eventRetryDelayMs } from './retry-delay.ts'
import { settle } from './settle.ts'
import type { ConsumerName } from './streams.ts'

/** An event with the function that reacts to it. Made by {@link on}. */
export type Reaction = {
  subject: string
  react: (message: JsMsg) => Promise<void>
}

/** Pairs an event with its handler. The handler must be safe to repeat and independent of the order of events. */
export const on = <Data>(
  event: EventDefinition<Data>,
  handle: (event: Envelope<Data>) => Promise<void>,
): Reaction => ({
  subject: event.subject,
  react: message => handle(event.decode(message.data)),
})

type ReadOptions = {
  bus: Bus
  consumer: ConsumerName
  reactions: readonly Reaction[]
  slots: number
  retryMinMs: number
  retryMaxMs: number
  /** Whether events could be handled right now. While it is false none are taken, and none are counted as delivered. */
  mayPull?: () => Promise<boolean>
  stopping: AbortSignal
  log: Logger
}

/**
 * Reads events whose handlers take milliseconds. A handler that throws gets the event again, later each time, for days:
 * nobody would tell what the event says a second time. What is permanent goes to the DLQ at once, with the reason, and so
 * does what is still there at its last deliveries.
 */
export async function readEvents({
  bus,
  consumer,
  reactions,
  mayPull,
  stopping,
  log,
  ...limits
}: ReadOptions): Promise<void> {
  const handle = async (message: JsMsg, isLate: boolean) => {
    const { deliveryCount } = message.info
    const reaction = reactions.find(({ subject }) => bus.names.subject(subject) === message.subject)
    const attributes = {
      'messaging.system': 'nats',
      'messaging.operation.type': 'process',
      'messaging.destination.name': reaction?.subject ?? message.subject,
      'messaging.consumer.group.name': consumer,
      'messaging.nats.message.delivery_count': deliveryCount,
    }
    const parent = traceContextOf(headersOf(message))
    const startedAt = performance.now()
    const measure = (failure?: { 'error.type': string }) =>
      metrics.eventDuration.record((performance.now() - startedAt) / 1_000, {
        'messaging.system': 'nats',
        'messaging.operation.name': 'process',
        'messaging.destination.name': reaction?.subject ?? 'unknown',
        'messaging.consumer.group.name': consumer,
        ...failure,
      })
    try {
      await withSpan(
        `process ${reaction?.subject ?? message.subject}`,
        { kind: SpanKind.CONSUMER, attributes, parent },
        async () => {
          if (!reaction)
            throw new PermanentError('invalid-message', `${consumer} does not know ${message.subject}`)
          if (isLate) throw tooManyDeliveries(deliveryCount)
          await reaction.react(message)
        },
      )
    } catch (error) {
      measure({ 'error.type': failureOf(error).code })
      return refuse(message, deliveryCount, error)
    }
    measure()
    acknowledge(message)
  }

  /** Not confirmed, unlike that of a job: an event whose ack is lost comes again, and changes nothing. */
  function acknowledge(message: JsMsg): void {
    try {
      message.ack()
    } catch (err) {
      log.debug({ err, seq: message.seq }, 'event not acknowledged, it will come again')
    }
  }

  async function refuse(message: JsMsg, deliveryCount: number, error: unknown): Promise<void> {
    const final = error instanceof PermanentError
    log[final ? 'error' : 'warn'](
      { err: error, subject: message.subject, seq: message.seq, deliveryCount },
      final ? 'gave up' : 'event not handled, will retry',
    )
    if (!final) return message.nak(eventRetryDelayMs(deliveryCount, limits))
    try {
      await deadLetter(bus, consumer, message, failureOf(error))
      await settle(bus, message, `+TERM ${failureOf(error).code}`, log)
    } catch (err) {
      log.error({ err, seq: message.seq }, 'dead letter not stored, message left for another delivery')
    }
  }

  const { slots } = limits
  const leastFree = Math.ceil(slots / 2)
  await pullInSlots({ bus, consumer, slots, leastFree, mayPull, stopping, log, handle })
}
