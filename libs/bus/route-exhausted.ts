import type { JsMsg } from '@nats-io/jetstream'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import type { Exhausted, ExhaustedMessages, GiveUp } from './exhausted.ts'
import { pullInSlots } from './pull.ts'
import { eventRetryDelayMs, type RetryDelays } from './retry-delay.ts'
import { settle } from './settle.ts'
import { isConsumer, routerName } from './streams.ts'

type RouteOptions = RetryDelays & {
  bus: Bus
  exhausted: Pick<ExhaustedMessages, 'route'>
  giveUp: GiveUp
  /** Whether messages could be given up right now. */
  mayPull: () => Promise<boolean>
  stopping: AbortSignal
  log: Logger
}

/**
 * Routes every message of which the server says that it delivers it no more, until `stopping` is aborted. The server says
 * so once, to the ADVISORIES stream, and when a pull next comes upon the message. What cannot be routed now, because
 * Postgres or the DLQ is away or a worker is at the message all the same, is tried again until it can.
 */
export async function routeExhausted(options: RouteOptions): Promise<void> {
  const { bus, exhausted, giveUp, mayPull, stopping, log } = options

  async function handle(advisory: JsMsg): Promise<void> {
    try {
      const found = readAdvisory(advisory)
      const outcome = found ? await exhausted.route(found, giveUp) : 'not understood'
      if (outcome === 'held') return advisory.nak(eventRetryDelayMs(advisory.info.deliveryCount, options))
      const level = outcome === 'gone' ? 'info' : 'error'
      log[level]({ ...found, advisory: advisory.seq, outcome }, 'the server delivers a message no more')
      await settle(bus, advisory, '+ACK', log)
    } catch (err) {
      log.warn({ err, advisory: advisory.seq }, 'exhausted message not routed, will retry')
      advisory.nak(eventRetryDelayMs(advisory.info.deliveryCount, options))
    }
  }

  await pullInSlots({ bus, consumer: routerName, slots: 1, mayPull, stopping, log, handle })
}

/** The server's `io.nats.jetstream.advisory.v1.max_deliver` (its server/events.go, `JSConsumerDeliveryExceededAdvisory`). */
function readAdvisory(advisory: JsMsg): Exhausted | undefined {
  const { consumer, stream_seq: seq, deliveries } = advisory.json<Record<string, unknown>>()
  if (typeof consumer !== 'string' || !isConsumer(consumer)) return undefined
  if (typeof seq !== 'number' || typeof deliveries !== 'number') return undefined
  return { consumer, seq, deliveries, source: 'advisory' }
}
