import { setTimeout as delay } from 'node:timers/promises'
import type { JsMsg } from '@nats-io/jetstream'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'

const attempts = 5
const answerTimeoutMs = 2_000

/**
 * Acknowledges or terminates a message and waits for the server's answer. `JsMsg.ackAck` can be used only once per
 * message, so this asks the reply subject itself and repeats. When all attempts fail the message is delivered again,
 * which every handler must bear.
 */
export async function settle(
  bus: Bus,
  message: JsMsg,
  how: '+ACK' | `+TERM ${string}`,
  log: Logger,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await bus.connection.request(replySubjectOf(message), how, { timeout: answerTimeoutMs })
      return
    } catch (err) {
      if (attempt + 1 >= attempts) {
        log.warn({ err, seq: message.seq }, 'message not settled, it will come again')
        return
      }
      await delay(200 * 2 ** attempt)
    }
  }
}

function replySubjectOf(message: JsMsg): string {
  // Present on the object at run time, absent from its public type (nats.js jetstream/src/jsmsg.ts, JsMsgImpl).
  if ('reply' in message && typeof message.reply === 'string') return message.reply
  throw new Error('the NATS client no longer exposes the reply subject of a message')
}
