import { setTimeout as delay } from 'node:timers/promises'
import { JetStreamApiCodes, JetStreamApiError, type JsMsg } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import type { Failure } from '#libs/errors/index.ts'
import type { Bus } from './connect-bus.ts'
import { headersOf } from './publish.ts'
import type { ConsumerName } from './streams.ts'

const attempts = 5
const headerMaxChars = 1024

/**
 * Stores a message that will never succeed in the DLQ stream, byte for byte, with the reason in its headers.
 * The subject is made from the message's stream, consumer and sequence and may exist only once, so a repeat is
 * harmless whenever it comes. Throws when the DLQ did not take it: the message must then stay unsettled.
 */
export async function deadLetter(
  bus: Bus,
  consumer: ConsumerName,
  message: JsMsg,
  failure: Failure,
): Promise<void> {
  const { stream } = message.info
  const subject = bus.names.subject(`dlq.${stream}.${consumer}.${message.seq}`)
  const options = {
    headers: deadLetterHeaders(bus, consumer, message, failure),
    timeout: 5_000,
    expect: { lastSubjectSequence: 0, streamName: bus.names.stream('DLQ') },
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await bus.stream.publish(subject, message.data, options)
      return
    } catch (error) {
      const code = error instanceof JetStreamApiError ? error.code : undefined
      if (code === JetStreamApiCodes.StreamWrongLastSequence) return
      if (attempt >= attempts) throw error
      await delay(200 * 2 ** attempt)
    }
  }
}

/**
 * Application headers are kept, unless they cannot be read; those of NATS are not, because they would dedupe, expire or
 * reject the copy.
 */
function deadLetterHeaders(bus: Bus, consumer: ConsumerName, message: JsMsg, failure: Failure) {
  const copy = headers()
  const original = headersOf(message)
  for (const name of original?.keys() ?? []) {
    const value = original?.get(name)
    if (value && !name.toLowerCase().startsWith('nats-')) copy.set(name, oneLine(value))
  }
  const facts = {
    'Dlq-Reason': failure.message,
    'Dlq-Code': failure.code,
    'Dlq-Source': 'worker',
    'Dlq-Stream': message.info.stream,
    'Dlq-Consumer': consumer,
    'Dlq-Seq': String(message.seq),
    'Dlq-Subject': message.subject,
    'Dlq-Deliveries': String(message.info.deliveryCount),
    'Dlq-First-Published-At': message.timestamp,
    'Dlq-Failed-At': new Date().toISOString(),
    'Dlq-Worker': bus.name,
    'Dlq-Orig-Msg-Id': original?.get('Nats-Msg-Id') ?? '',
  }
  for (const [name, value] of Object.entries(facts)) copy.set(name, oneLine(value))
  return copy
}

/** A header value is one line; the client throws on anything else. */
const oneLine = (value: string) => value.replace(/\p{Cc}+/gu, ' ').slice(0, headerMaxChars)
