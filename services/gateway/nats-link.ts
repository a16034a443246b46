import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Bus,
  type BusSettings,
  connectBus,
  type LiveMirror,
  mirrorLiveNodes,
  mirrorLiveView,
  openDeadLetters,
  publishBody,
  readQueues,
} from '#libs/bus/index.ts'
import { type Database, type OutboxRelay, startOutboxRelay } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { NatsView } from './operator/operator-api.ts'

type Options = {
  settings: BusSettings & { OUTBOX_POLL_MS: number }
  db: Database
  stopping: AbortSignal
  log: Logger
}

const liveMaxAgeMs = 60_000
const retryMs = 1_000

/**
 * What the gateway has of NATS: the live view, and the relay of its outbox. The gateway listens and accepts without it:
 * until NATS is there nothing is live, and the outbox keeps the jobs. `running` ends when `stopping` is aborted.
 */
export function linkToNats({ settings, db, stopping, log }: Options) {
  let link:
    | {
        bus: Bus
        view: NatsView
        jobs: LiveMirror
        nodes: Awaited<ReturnType<typeof mirrorLiveNodes>>
        relay: OutboxRelay
      }
    | undefined
  const startedAt = new Date()

  async function serve(): Promise<void> {
    await using resources = new AsyncDisposableStack()
    const bus = resources.use(await connectBus('gateway', settings, log, stopping))
    const mirroring = { maxAgeMs: liveMaxAgeMs, log }
    const jobs = resources.use(await mirrorLiveView(bus, mirroring))
    const nodes = resources.use(await mirrorLiveNodes(bus, mirroring))
    const publish = (row: Parameters<typeof publishBody>[1]) => publishBody(bus, row)
    const relay = resources.use(startOutboxRelay({ db, publish, pollMs: settings.OUTBOX_POLL_MS, log }))
    const view = { readQueues: () => readQueues(bus), letters: await openDeadLetters(bus), publish }
    link = { bus, view, jobs, nodes, relay }
    if (!stopping.aborted) await once(stopping, 'abort')
    link = undefined
  }

  async function run(): Promise<void> {
    while (!stopping.aborted) {
      try {
        await serve()
      } catch (err) {
        if (stopping.aborted) return
        log.warn({ err }, 'NATS is not usable yet, will retry')
        await delay(retryMs)
      }
    }
  }

  return {
    running: run(),
    liveJob: (cid: string) => link?.jobs.get(cid),
    liveNodes: () => link?.nodes.list() ?? [],
    nodesHeardAt: () => link?.nodes.lastHeardAt() ?? startedAt,
    /** What operators see of NATS. Throws `HttpError` 503 while it is away. */
    natsView(): NatsView {
      try {
        if (!link) throw new Error('NATS is not connected')
        link.bus.assertReady()
        return link.view
      } catch (cause) {
        throw new HttpError(503, 'NATS cannot be reached, try again in a few seconds', { cause })
      }
    },
    wakeOutbox: () => link?.relay.wake(),
  }
}
