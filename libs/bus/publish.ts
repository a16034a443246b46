import { headers, InvalidArgumentError, type MsgHdrs } from '@nats-io/transport-node'
import { TransientError } from '#libs/errors/index.ts'
import type { EventDefinition } from '#libs/events/index.ts'
import { currentTraceContext, metrics, SpanKind, type TraceContext, withSpan } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { streamOf } from './streams.ts'

const publishTimeoutMs = 5_000
const publishRetries = 5

/** It is not known whether NATS has stored an event. No failure of what the event is about. */
export class NotStoredError extends TransientError {
  override name = 'NotStoredError'
}

/** {@link publishEvent} bound to a connection: what handlers get. */
export type Publish = <Data>(event: EventDefinition<Data>, id: string, data: Data) => Promise<void>

/**
 * Publishes an event and waits until the stream has stored it. `id` names the work: a repeat under the same id within
 * ten minutes is dropped by the server, and recognised by the readers after that.
 * Throws {@link NotStoredError} when it is not known whether the event was stored; repeat it then under the same id.
 */
export async function publishEvent<Data>(
  bus: Bus,
  event: EventDefinition<Data>,
  id: string,
  data: Data,
): Promise<void> {
  await publishBody(bus, { id, subject: event.subject, body: event.encode(id, data) })
}

/** Like {@link publishEvent}, for a body that was encoded and checked before, such as a row of the outbox. */
export async function publishBody(
  bus: Bus,
  {
    id,
    subject,
    body,
    traceContext,
  }: { id: string; subject: string; body: Uint8Array | string; traceContext?: TraceContext },
): Promise<void> {
  const streamName = bus.names.stream(streamOf(subject))
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.type': 'send',
    'messaging.destination.name': subject,
    'messaging.message.id': id,
  }
  await withSpan(
    `send ${subject}`,
    { kind: SpanKind.PRODUCER, attributes, parent: traceContext },
    async () => {
      const startedAt = performance.now()
      const measure = (failure?: { 'error.type': 'not-stored' }) =>
        metrics.publishDuration.record((performance.now() - startedAt) / 1_000, {
          'messaging.system': 'nats',
          'messaging.operation.name': 'send',
          'messaging.destination.name': subject,
          ...failure,
        })
      try {
        await bus.stream.publish(bus.names.subject(subject), body, {
          msgID: id,
          headers: traceHeaders(),
          timeout: publishTimeoutMs,
          retries: publishRetries,
          expect: { streamName },
        })
        measure()
      } catch (cause) {
        measure({ 'error.type': 'not-stored' })
        throw new NotStoredError('internal', `${subject} ${id} was not stored by NATS`, { cause })
      }
    },
  )
}

/** The active trace context as NATS headers, under the lower-case W3C names. */
function traceHeaders(): MsgHdrs {
  const carrier = headers()
  for (const [name, value] of Object.entries(currentTraceContext())) carrier.set(name, value)
  return carrier
}

/**
 * The headers of a message, or undefined when it has none that can be read. The server keeps whatever a producer sends as
 * headers; the client decodes them when they are first asked for, and throws for a name that HTTP would not allow.
 */
export function headersOf(message: { headers?: MsgHdrs | undefined }): MsgHdrs | undefined {
  try {
    return message.headers
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined
    throw error
  }
}

/** The trace context that a message carries. */
export const traceContextOf = (carrier: MsgHdrs | undefined): TraceContext =>
  Object.fromEntries(
    ['traceparent', 'tracestate', 'baggage'].flatMap(name => {
      const value = carrier?.get(name)
      return value ? [[name, value]] : []
    }),
  )
