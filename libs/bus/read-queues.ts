import { jetstreamManager } from '@nats-io/jetstream'
import type { Bus } from './connect-bus.ts'
import { type ConsumerName, consumers } from './streams.ts'

/** What JetStream holds: for each consumer, in each stream, and as dead letters. */
export type Queues = {
  /** `pending` was not delivered yet; `ackPending` is in work, or waits to be tried again. */
  consumers: { name: ConsumerName; pending: number; ackPending: number }[]
  streams: { name: 'PIN_JOBS' | 'PIN_EVENTS'; usedBytes: number; limitBytes: number }[]
  deadLetters: number
}

/** Needs the rights of status. Rejects when a stream or a consumer is missing. */
export async function readQueues(bus: Bus): Promise<Queues> {
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  const names = Object.keys(consumers) as ConsumerName[]
  const [ofConsumers, ofStreams, dlq] = await Promise.all([
    Promise.all(
      names.map(async name => {
        const stream = bus.names.stream(consumers[name].stream)
        const { num_pending, num_ack_pending } = await manager.consumers.info(stream, name)
        return { name, pending: num_pending, ackPending: num_ack_pending }
      }),
    ),
    Promise.all(
      (['PIN_JOBS', 'PIN_EVENTS'] as const).map(async name => {
        const { state, config } = await manager.streams.info(bus.names.stream(name))
        return { name, usedBytes: state.bytes, limitBytes: config.max_bytes }
      }),
    ),
    manager.streams.info(bus.names.stream('DLQ')),
  ])
  return { consumers: ofConsumers, streams: ofStreams, deadLetters: dlq.state.messages }
}
