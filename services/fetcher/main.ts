import {
  connectBus,
  openLiveView,
  type Publish,
  publishBody,
  publishEvent,
  workOnJobs,
} from '#libs/bus/index.ts'
import { storageOptions, workerSettings } from '#libs/config/index.ts'
import { acceptPin, connectDatabase, leasesOf, originsOf, startOutboxRelay } from '#libs/db/index.ts'
import { startHealthServer } from '#libs/http/index.ts'
import { connectKubo } from '#libs/ipfs/index.ts'
import { runService } from '#libs/service/index.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { createAcceptFromProducer } from './accept-from-producer.ts'
import { collectWhenIdle } from './collect-when-idle.ts'
import { fetchOptions, kuboOptions, readFetcherConfig, transferOptions } from './config.ts'
import { createFetchContent } from './fetch-content.ts'
import { createLiveProgress } from './live-progress.ts'
import { onPinRequested } from './on-pin-requested.ts'
import { createTransferCar } from './transfer-car.ts'
import { createTransferSlots } from './transfer-slots.ts'

await runService('fetcher', readFetcherConfig, async ({ config, log, stopping }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('fetcher', config, log))
  const bus = resources.use(await connectBus('fetcher', config, log))
  const storage = resources.use(connectStorage({ ...storageOptions(config), log }))
  const source = resources.use(connectKubo({ ...kuboOptions(config), log }))
  const publishRow = ({ body, ...row }: { id: string; subject: string; body: string }) =>
    publishBody(bus, { ...row, body })
  const relay = resources.use(
    startOutboxRelay({ db, publish: publishRow, pollMs: config.OUTBOX_POLL_MS, log }),
  )
  const ready = { timeoutMs: 2_000, signal: stopping }
  const checks = {
    nats: async () => bus.assertReady(),
    postgres: () => db.execute('select 1'),
    s3: () => storage.isReady([config.STAGING_BUCKET]),
    kubo: () => source.identify(ready),
  }
  resources.use(await startHealthServer({ host: config.HOST, port: config.HEALTH_PORT, checks, log }))

  const publish: Publish = (event, id, data) => publishEvent(bus, event, id, data)
  const transferCar = createTransferCar({ source, storage, ...transferOptions(config), log })
  const startProgress = createLiveProgress({
    show: await openLiveView(bus, log),
    intervalMs: config.PROGRESS_INTERVAL_MS,
  })
  const fetchContent = createFetchContent({
    publish,
    source,
    storage,
    transferCar,
    startProgress,
    originsOf: cid => originsOf(db, cid),
    takeTransferSlot: createTransferSlots(config.BATCH_SIZE),
    markBusy: resources.use(collectWhenIdle({ source, idleMs: config.GC_IDLE_MS, log })),
    worker: bus.name,
    ...fetchOptions(config),
  })
  const acceptFromProducer = createAcceptFromProducer({
    acceptPin: request => acceptPin(db, request),
    wakeOutbox: relay.wake,
  })
  const leases = leasesOf(db, { owner: bus.name, leaseMs: config.LEASE_MS })
  const step = onPinRequested({
    leases,
    publish,
    acceptFromProducer,
    fetchContent,
    removeStaged: staging => storage.delete(staging),
  })
  const working = workOnJobs({
    bus,
    consumer: 'fetcher',
    step,
    stopping,
    log,
    ...workerSettings(config, config.LOCATE_CONCURRENCY),
  })
  return { running: [working], resources: resources.move() }
})
