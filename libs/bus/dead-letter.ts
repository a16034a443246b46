import { setTimeout as delay } from 'node:timers/promises'
import { JetStreamApiCodes, JetStreamApiError, type JsMsg } from '@nats-io/jetstream'
import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { Failure } from '#libs/errors/index.ts'
import type { Bus } from './connect-bus.ts'
import { headersOf } from './publish.ts'
import type { ConsumerName } from './streams.ts'

const attempts = 5
const headerMaxChars = 1024

/** A message that one consumer will never settle, and who found out. */
type Undeliverable = {
  /** By its name on the server. */
  stream: string
  consumer: ConsumerName
  seq: number
  subject: string
  body: Uint8Array
  headers: MsgHdrs | undefined
  deliveries: number
  publishedAt: string
  source: 'worker' | 'advisory' | 'sweeper'
}

/** {@link storeDeadLetter} for a message that a worker holds. */
export const deadLetter = (
  bus: Bus,
  consumer: ConsumerName,
  message: JsMsg,
  failure: Failure,
): Promise<void> =>
  storeDeadLetter(
    bus,
    {
      stream: message.info.stream,
      consumer,
      seq: message.seq,
      subject: message.subject,
      body: message.data,
      headers: headersOf(message),
      deliveries: message.info.deliveryCount,
      publishedAt: message.timestamp,
      source: 'worker',
    },
    failure,
  )

/**
 * Stores a message that will never succeed in the DLQ stream, byte for byte, with the reason in its headers.
 * The subject is made from the message's stream, consumer and sequence and may exist only once, so a repeat is
 * harmless whenever it comes. Throws when the DLQ did not take it: the message must then stay unsettled.
 */
export async function storeDeadLetter(bus: Bus, message: Undeliverable, failure: Failure): Promise<void> {
  const { stream, consumer, seq } = message
  const subject = bus.names.subject(`dlq.${stream}.${consumer}.${seq}`)
  const options = {
    headers: deadLetterHeaders(bus, message, failure),
    timeout: 5_000,
    expect: { lastSubjectSequence: 0, streamName: bus.names.stream('DLQ') },
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await bus.stream.publish(subject, message.body, options)
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
function deadLetterHeaders(bus: Bus, message: Undeliverable, failure: Failure): MsgHdrs {
  const copy = headers()
  const original = message.headers
  for (const name of original?.keys() ?? []) {
    const value = original?.get(name)
    if (value && !name.toLowerCase().startsWith('nats-')) copy.set(name, oneLine(value))
  }
  const facts = {
    'Dlq-Reason': failure.message,
    'Dlq-Code': failure.code,
    'Dlq-Source': message.source,
    'Dlq-Stream': message.stream,
    'Dlq-Consumer': message.consumer,
    'Dlq-Seq': String(message.seq),
    'Dlq-Subject': message.subject,
    'Dlq-Deliveries': String(message.deliveries),
    'Dlq-First-Published-At': message.publishedAt,
    'Dlq-Failed-At': new Date().toISOString(),
    'Dlq-Worker': bus.name,
    'Dlq-Orig-Msg-Id': original?.get('Nats-Msg-Id') ?? '',
  }
  for (const [name, value] of Object.entries(facts)) copy.set(name, oneLine(value))
  return copy
}

/** A header value is one line; the client throws on anything else. */
const oneLine = (value: string) => value.replace(/\p{Cc}+/gu, ' ').slice(0, headerMaxChars)
