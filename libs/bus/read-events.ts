import type { JsMsg } from '@nats-io/jetstream'
import { failureOf, PermanentError } from '#libs/errors/index.ts'
import type { Envelope, EventDefinition } from '#libs/events/index.ts'
import { type Logger, SpanKind, withSpan } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { deadLetter } from './dead-letter.ts'
import { headersOf, traceContextOf } from './publish.ts'
import { pullInSlots } from './pull.ts'
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
  stopping: AbortSignal
  log: Logger
}

/**
 * Reads events whose handlers take milliseconds. A handler that throws gets the event again, later each time, however
 * long that takes: nobody would tell what the event says a second time. Only what is permanent goes to the DLQ, with the
 * reason.
 */
export async function readEvents({
  bus,
  consumer,
  reactions,
  stopping,
  log,
  ...limits
}: ReadOptions): Promise<void> {
  const handle = async (message: JsMsg) => {
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
    try {
      await withSpan(
        `process ${reaction?.subject ?? message.subject}`,
        { kind: SpanKind.CONSUMER, attributes, parent },
        async () => {
          if (!reaction)
            throw new PermanentError('invalid-message', `${consumer} does not know ${message.subject}`)
          await reaction.react(message)
        },
      )
      await settle(bus, message, '+ACK', log)
    } catch (error) {
      await refuse(message, deliveryCount, error)
    }
  }

  async function refuse(message: JsMsg, deliveryCount: number, error: unknown): Promise<void> {
    const final = error instanceof PermanentError
    log[final ? 'error' : 'warn'](
      { err: error, subject: message.subject, seq: message.seq, deliveryCount },
      final ? 'gave up' : 'event not handled, will retry',
    )
    if (!final) return message.nak(Math.min(limits.retryMaxMs, limits.retryMinMs * 3 ** (deliveryCount - 1)))
    try {
      await deadLetter(bus, consumer, message, failureOf(error))
      await settle(bus, message, `+TERM ${failureOf(error).code}`, log)
    } catch (err) {
      log.error({ err, seq: message.seq }, 'dead letter not stored, message left for another delivery')
    }
  }

  await pullInSlots({ bus, consumer, slots: limits.slots, stopping, log, handle })
}
