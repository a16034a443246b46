import type { JsMsg } from '@nats-io/jetstream'
import { PermanentError } from '#libs/errors/index.ts'
import type { Envelope, EventDefinition } from '#libs/events/index.ts'

/** The event in a message, or why it is none. */
export function decodeMessage<Data>(
  event: EventDefinition<Data>,
  message: JsMsg,
): Envelope<Data> | PermanentError {
  try {
    return event.decode(message.data)
  } catch (error) {
    if (error instanceof PermanentError) return error
    throw error
  }
}
