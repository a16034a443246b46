import { randomUUID } from 'node:crypto'
import { AckPolicy, type Consumer, DeliverPolicy, type JsMsg, jetstreamManager } from '@nats-io/jetstream'
import { type Logger, SpanKind, withSpan } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { headersOf, traceContextOf } from './publish.ts'
import { pauseAfterFailure, pullMessages } from './pull.ts'
import type { Reaction } from './read-events.ts'
import { streamOf } from './streams.ts'

type FollowOptions = {
  bus: Bus
  reaction: Reaction
  stopping: AbortSignal
  log: Logger
}

const batchMessages = 100
/** The server forgets a follower that did not pull for so long: its process is gone. */
const forgottenAfterNanos = 60_000 * 1_000_000

/**
 * Hears the events of one subject from now on: every process that follows gets every event. For hints only: what is
 * published while this one is not connected may be missed, and an event that cannot be handled is logged and gone.
 * Goes on after a reconnect, and when the stream was made anew. Resolves when `stopping` was aborted.
 */
export async function followEvents({ bus, reaction, stopping, log }: FollowOptions): Promise<void> {
  const { subject } = reaction
  let consumer: Consumer | undefined
  while (!stopping.aborted) {
    try {
      consumer ??= await startConsumer(bus, subject)
      for await (const message of pullMessages(consumer, batchMessages, stopping))
        await handle(message, reaction, log)
    } catch (err) {
      log.debug({ err, subject }, 'following failed, will start anew')
      consumer = undefined
      await pauseAfterFailure(stopping)
    }
  }
  await consumer?.delete().catch((err: unknown) => log.debug({ err, subject }, 'follower not removed'))
}

/** One that belongs to this process, lives in the server's memory, and starts with the next event. */
async function startConsumer(bus: Bus, subject: string): Promise<Consumer> {
  const { consumers } = await jetstreamManager(bus.connection, { checkAPI: false })
  const info = await consumers.add(bus.names.stream(streamOf(subject)), {
    name: randomUUID(),
    filter_subject: bus.names.subject(subject),
    deliver_policy: DeliverPolicy.New,
    ack_policy: AckPolicy.None,
    inactive_threshold: forgottenAfterNanos,
    mem_storage: true,
    num_replicas: 1,
  })
  return bus.stream.consumers.getConsumerFromInfo(info)
}

async function handle(message: JsMsg, { subject, react }: Reaction, log: Logger): Promise<void> {
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.type': 'process',
    'messaging.destination.name': subject,
  }
  const parent = traceContextOf(headersOf(message))
  try {
    await withSpan(`process ${subject}`, { kind: SpanKind.CONSUMER, attributes, parent }, () =>
      react(message),
    )
  } catch (err) {
    log.warn({ err, subject, seq: message.seq }, 'event not handled')
  }
}
