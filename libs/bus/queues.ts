import { jetstreamManager } from '@nats-io/jetstream'
import type { Bus } from './connect-bus.ts'
import type { StreamName } from './names.ts'
import { type ConsumerName, consumers, routerName, streamOfConsumer } from './streams.ts'

/** What a stream holds, and its `max_bytes`; -1 without a limit. */
export type StreamDepth = { stream: StreamName; messages: number; bytes: number; limitBytes: number }

/** How far a durable consumer is behind its stream. */
export type ConsumerDepth = {
  consumer: ConsumerName | typeof routerName
  stream: StreamName
  /** Never delivered yet. */
  waiting: number
  /** Delivered and not settled: worked on, or waiting for a retry. */
  unsettled: number
  /** Of those, delivered more than once. */
  redelivered: number
}

export type Queues = { streams: StreamDepth[]; consumers: ConsumerDepth[] }

const streams: readonly StreamName[] = ['PIN_JOBS', 'PIN_EVENTS', 'DLQ', 'ADVISORIES']
const readers = [...(Object.keys(consumers) as ConsumerName[]), routerName] as const

/** Asks the server how full each stream is, and how far each durable consumer has come. Rejects when one is missing. */
export async function readQueues(bus: Bus): Promise<Queues> {
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  const [depths, lags] = await Promise.all([
    Promise.all(
      streams.map(async stream => {
        const { state, config } = await manager.streams.info(bus.names.stream(stream))
        const { messages, bytes } = state
        return { stream, messages, bytes, limitBytes: config.max_bytes }
      }),
    ),
    Promise.all(
      readers.map(async consumer => {
        const stream = streamOfConsumer(consumer)
        const info = await manager.consumers.info(bus.names.stream(stream), consumer)
        const { num_pending, num_ack_pending, num_redelivered } = info
        return {
          consumer,
          stream,
          waiting: num_pending,
          unsettled: num_ack_pending,
          redelivered: num_redelivered,
        }
      }),
    ),
  ])
  return { streams: depths, consumers: lags }
}
