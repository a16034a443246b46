import type { Queues } from '#libs/bus/index.ts'
import type { Backlog, countAllPins } from '#libs/db/index.ts'
import { rememberAnswer } from '#libs/service/index.ts'
import { metrics, observeMetrics } from '#libs/telemetry/index.ts'

type Deps = {
  readQueues: () => Promise<Queues>
  readBacklog: () => Promise<Backlog>
  countAllPins: () => ReturnType<typeof countAllPins>
}

/** However many scrape, and however often. */
const rememberedMs = 5_000
/** The counters have a row for each account and hour. */
const pinsRememberedMs = 60_000

/**
 * Tells what no process has of itself: what waits in Postgres and in NATS, and how many pins there are. Each part is read
 * by itself, so that one which is away takes only its own values with it. Several processes of status tell the same.
 */
export function observeSystem(deps: Deps): Disposable {
  const readQueues = rememberAnswer(deps.readQueues, rememberedMs)
  const readBacklog = rememberAnswer(deps.readBacklog, rememberedMs)
  const countPins = rememberAnswer(deps.countAllPins, pinsRememberedMs)
  const { consumerPending, consumerAckPending, streamUsage, streamLimit, deadLetters } = metrics
  const { outboxSize, outboxAge, oldestQueued, pinCount } = metrics
  const observing = new DisposableStack()

  const queues = [consumerPending, consumerAckPending, streamUsage, streamLimit, deadLetters]
  observing.use(
    observeMetrics(queues, async observe => {
      const { consumers, streams } = await readQueues()
      for (const { consumer, waiting, unsettled } of consumers) {
        observe(consumerPending, waiting, { 'messaging.consumer.group.name': consumer })
        observe(consumerAckPending, unsettled, { 'messaging.consumer.group.name': consumer })
      }
      for (const { stream, messages, bytes, limitBytes } of streams) {
        observe(streamUsage, bytes, { 'pickup.stream': stream })
        if (limitBytes > 0) observe(streamLimit, limitBytes, { 'pickup.stream': stream })
        if (stream === 'DLQ') observe(deadLetters, messages)
      }
    }),
  )
  observing.use(
    observeMetrics([outboxSize, outboxAge, oldestQueued], async observe => {
      const { outboxEvents, outboxSeconds, queuedSeconds } = await readBacklog()
      observe(outboxSize, outboxEvents)
      observe(outboxAge, outboxSeconds)
      observe(oldestQueued, queuedSeconds)
    }),
  )
  observing.use(
    observeMetrics([pinCount], async observe => {
      for (const { api, state, pins } of await countPins())
        if (state !== 'unpinned') observe(pinCount, pins, { 'pickup.api': api, 'pickup.pin.state': state })
    }),
  )
  return observing
}
