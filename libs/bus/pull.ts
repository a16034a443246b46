import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { Subscription } from '@nats-io/transport-node'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { isLateDelivery } from './late-delivery.ts'
import { type ConsumerName, type routerName, streamOfConsumer } from './streams.ts'

type PullOptions = {
  bus: Bus
  consumer: ConsumerName | typeof routerName
  /** Messages held at once. */
  slots: number
  /** Slots that have to be free before more is pulled; a pull costs as much as handling a short message. Default 1. */
  leastFree?: number
  /** Asked before each pull. While it is false the messages are left to others. */
  mayPull?: (() => Promise<boolean>) | undefined
  stopping: AbortSignal
  log: Logger
  /** Settles the message in every case that it can; must not throw. A late one is to be given up. */
  handle: (message: JsMsg, isLate: boolean) => Promise<void>
}

const pullMs = 30_000
/** Until `mayPull` is asked again. Slots may be idle for so long; what is costly to ask remembers its answer. */
const askAgainMs = 200
const retryMinMs = 200
const retrySpreadMs = 1_800
/** So that `mayPull` is asked again before a long queue has filled all slots. */
const maxPulled = 50

/**
 * Takes as many messages as slots are free, handles each as it comes, and takes more when `leastFree` are free again. Only
 * one pull is open: a server admits 512 on a consumer. `consume()` of the client is not used, because it pulls further
 * messages while a handler runs for longer than two heartbeats. Resolves when `stopping` was aborted and the last
 * handler has returned.
 */
export async function pullInSlots({
  bus,
  consumer: name,
  slots,
  leastFree = 1,
  mayPull = async () => true,
  stopping,
  log,
  handle,
}: PullOptions): Promise<void> {
  const stream = bus.names.stream(streamOfConsumer(name))
  const running = new Set<Promise<void>>()
  const start = (message: JsMsg, isLate: boolean) => {
    const handling: Promise<void> = handle(message, isLate).finally(() => running.delete(handling))
    running.add(handling)
  }

  let consumer: Consumer | undefined
  while (!stopping.aborted) {
    if (slots - running.size < leastFree) {
      await Promise.race(running)
      continue
    }
    try {
      if (!(await mayPull())) {
        await pause(askAgainMs, stopping)
        continue
      }
      consumer ??= await bus.stream.consumers.get(stream, name)
      const free = Math.min(slots - running.size, maxPulled)
      for await (const message of pullMessages(consumer, free, stopping)) {
        // It was on its way when this process began to stop: left alone, it would be held until the ack wait is over.
        if (stopping.aborted) handBack(message)
        else start(message, await isLateDelivery(message, consumer))
      }
    } catch (err) {
      // No leader, missed heartbeats, a consumer that is not there yet: all of them pass.
      log.debug({ err, consumer: name }, 'pull failed, will retry')
      consumer = undefined
      await pauseAfterFailure(stopping)
    }
  }
  await Promise.all(running)
}

/**
 * Gives a message to whoever pulls next. With a delay, because the server stores when a delayed message is due, and forgets
 * the others when it stops as well: those would come after the ack wait (nats-server consumer.go, `processNak`).
 */
export const handBack = (message: JsMsg): void => message.nak(1)

/** An unreachable server does not answer that it has stopped sending. */
const takeBackMs = 2_000

/**
 * One pull of up to `most` messages, as they come. When `stopping` is aborted the open pull is taken back: what the server
 * has sent before still comes.
 */
export async function* pullMessages(
  consumer: Consumer,
  most: number,
  stopping: AbortSignal,
): AsyncGenerator<JsMsg, void, undefined> {
  const pull = await consumer.fetch({ max_messages: most, expires: pullMs })
  let giveUp: NodeJS.Timeout | undefined
  const takeBack = () => {
    drain(pull)
    giveUp = setTimeout(() => pull.stop(), takeBackMs)
  }
  stopping.addEventListener('abort', takeBack)
  if (stopping.aborted) takeBack()
  try {
    yield* pull
  } finally {
    stopping.removeEventListener('abort', takeBack)
    clearTimeout(giveUp)
  }
}

/** `close` and `stop` drop what is under way between server and client, so its subscription is drained instead. */
function drain(pull: ConsumerMessages): void {
  // Present on the object at run time, absent from its public type (nats.js jetstream/src/consumer.ts, PullConsumerMessagesImpl).
  const { sub } = pull as ConsumerMessages & { sub?: Subscription }
  if (sub === undefined) throw new Error('the NATS client no longer exposes the subscription of a pull')
  // Closed already: the pull has ended by itself.
  if (!sub.isClosed()) void sub.drain()
}

/** The wait before the next attempt, after one that failed. Ends early, without an error, when `stopping` is aborted. */
export const pauseAfterFailure = (stopping: AbortSignal): Promise<void> =>
  pause(retryMinMs + Math.random() * retrySpreadMs, stopping)

async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  const [outcome] = await Promise.allSettled([delay(ms, undefined, { signal: stopping })])
  if (outcome.status === 'rejected' && !stopping.aborted) throw outcome.reason
}
