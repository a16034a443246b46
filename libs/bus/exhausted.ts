import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import { InvalidArgumentError, type MsgHdrs } from '@nats-io/transport-node'
import { type Failure, failureOf } from '#libs/errors/index.ts'
import type { Bus } from './connect-bus.ts'
import { storeDeadLetter } from './dead-letter.ts'
import { deleteMessage } from './delete-message.ts'
import { tooManyDeliveries } from './late-delivery.ts'
import { type ConsumerName, consumers, type JobConsumer } from './streams.ts'

/** A message as its stream keeps it. */
export type KeptMessage = {
  consumer: ConsumerName
  seq: number
  /** Without the installation's prefix. */
  subject: string
  body: Uint8Array
  publishedAt: Date
}

/** Which message is to be routed, and who found it. */
export type Exhausted = {
  consumer: ConsumerName
  seq: number
  /** As the server told; who was not told takes the limit of the consumer. */
  deliveries?: number
  source: 'advisory' | 'sweeper'
}

/**
 * Ends what the message asked for. `held` means that a live worker is at it all the same: it may still settle it. Must be
 * safe to repeat.
 */
export type GiveUp = (message: KeptMessage, failure: Failure) => Promise<'given-up' | 'held'>

/** Messages that the server delivers no more, because no worker has settled them in `MAX_DELIVER` deliveries. */
export type ExhaustedMessages = {
  /** How many of a consumer's jobs the server keeps and delivers no more. An estimate while jobs come and go. */
  count: (consumer: JobConsumer) => Promise<number>
  /** Jobs that were delivered and are still in the stream, oldest first: in work, waiting for a retry, or exhausted. */
  delivered: (consumer: JobConsumer) => AsyncGenerator<KeptMessage, void, undefined>
  /**
   * Gives the message up, copies it to the DLQ and takes a job from its stream, in this order: whoever repeats it after
   * a crash, or does it at the same time, leaves one dead letter. `gone` when it was settled after all, or routed before.
   */
  route: (exhausted: Exhausted, giveUp: GiveUp) => Promise<'routed' | 'gone' | 'held'>
}

export async function openExhaustedMessages(bus: Bus): Promise<ExhaustedMessages> {
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  const streamOf = (consumer: ConsumerName) => bus.names.stream(consumers[consumer].stream)
  const jobSubject = (consumer: JobConsumer) => bus.names.subject(consumers[consumer].subjects[0])
  const prefixLength = bus.names.subject('').length

  const kept = (consumer: ConsumerName, { seq, subject, data, time }: StoredMsg): KeptMessage => ({
    consumer,
    seq,
    subject: subject.slice(prefixLength),
    body: data,
    publishedAt: time,
  })

  async function maxDeliverOf(consumer: ConsumerName): Promise<number> {
    const { config } = await manager.consumers.info(streamOf(consumer), consumer)
    return config.max_deliver ?? -1
  }

  return {
    async count(consumer) {
      const subject = jobSubject(consumer)
      const { state } = await manager.streams.info(streamOf(consumer), { subjects_filter: subject })
      const { num_pending, num_ack_pending } = await manager.consumers.info(streamOf(consumer), consumer)
      return Math.max(0, (state.subjects?.[subject] ?? 0) - num_pending - num_ack_pending)
    },

    async *delivered(consumer) {
      const stream = streamOf(consumer)
      const { delivered } = await manager.consumers.info(stream, consumer)
      for (let seq = 1; seq <= delivered.stream_seq; seq++) {
        const query = { seq, next_by_subj: jobSubject(consumer) }
        const message = await manager.streams.getMessage(stream, query)
        if (!message || message.seq > delivered.stream_seq) return
        yield kept(consumer, message)
        seq = message.seq
      }
    },

    async route({ consumer, seq, source, ...told }, giveUp) {
      const stream = streamOf(consumer)
      const message = await manager.streams.getMessage(stream, { seq })
      if (!message) return 'gone'
      const deliveries = told.deliveries ?? (await maxDeliverOf(consumer))
      const failure = failureOf(tooManyDeliveries(deliveries))
      if ((await giveUp(kept(consumer, message), failure)) === 'held') return 'held'
      const { subject, data: body, timestamp: publishedAt } = message
      const facts = { stream, consumer, seq, subject, body, publishedAt, deliveries, source }
      await storeDeadLetter(bus, { ...facts, headers: storedHeaders(message) }, failure)
      // Events stay: others read them.
      if (consumers[consumer].stream === 'PIN_JOBS') await deleteMessage(manager, stream, seq)
      return 'routed'
    },
  }
}

/** Undefined when they cannot be read, as `headersOf` has it for messages that were delivered. */
export function storedHeaders(message: StoredMsg): MsgHdrs | undefined {
  try {
    return message.header
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined
    throw error
  }
}
