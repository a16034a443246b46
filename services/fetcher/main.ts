import {
  connectBus,
  createRunningJobs,
  followEvents,
  on,
  openLiveView,
  openNodeAnnouncer,
  type Publish,
  publishBody,
  publishEvent,
  workOnJobs,
} from '#libs/bus/index.ts'
import { storageOptions, workerSettings } from '#libs/config/index.ts'
import {
  acceptPin,
  connectDatabase,
  leasedContents,
  leasesOf,
  originsOf,
  startOutboxRelay,
} from '#libs/db/index.ts'
import { pinCancelled } from '#libs/events/index.ts'
import { startHealthServer } from '#libs/http/index.ts'
import { connectKubo } from '#libs/ipfs/index.ts'
import { runService } from '#libs/service/index.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { createAcceptFromProducer } from './accept-from-producer.ts'
import { announceNode } from './announce-node.ts'
import { collectWhenIdle } from './collect-when-idle.ts'
import { fetchOptions, kuboOptions, readFetcherConfig, transferOptions } from './config.ts'
import { createFetchContent } from './fetch-content.ts'
import { createLiveProgress } from './live-progress.ts'
import { onPinCancelled } from './on-pin-cancelled.ts'
import { onPinRequested } from './on-pin-requested.ts'
import { createReadyToPull, rememberAnswer } from './ready-to-pull.ts'
import { removeLeftovers } from './remove-leftovers.ts'
import { removeStalePins } from './remove-stale-pins.ts'
import { createTransferCar } from './transfer-car.ts'
import { createTransferSlots } from './transfer-slots.ts'

/** Three times within the minute after which the view forgets a node. */
const announceIntervalMs = 20_000

/** For removing what is left of a job that nobody wants; what takes longer is tried again. */
const cleanupTimeoutMs = 10_000

/** Every slot asks for it before each pull; longer than one answer may take. */
const readinessMs = 3_000

await runService('fetcher', readFetcherConfig, async ({ config, log, stopping }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('fetcher', config, log))
  const bus = resources.use(await connectBus('fetcher', config, log, stopping))
  const storage = resources.use(connectStorage({ ...storageOptions(config), log }))
  const source = resources.use(connectKubo({ ...kuboOptions(config), log }))
  const publishRow = ({ body, ...row }: { id: string; subject: string; body: string }) =>
    publishBody(bus, { ...row, body })
  const relay = resources.use(
    startOutboxRelay({ db, publish: publishRow, pollMs: config.OUTBOX_POLL_MS, log }),
  )
  const kuboIsReady = rememberAnswer(
    () => source.isReady({ timeoutMs: 2_000, signal: stopping }),
    readinessMs,
  )
  const checks = {
    nats: async () => bus.assertReady(),
    postgres: () => db.execute('select 1'),
    s3: () => storage.isReady([config.STAGING_BUCKET]),
    kubo: async () => {
      if (!(await kuboIsReady())) throw new Error('the IPFS node does not answer')
    },
  }
  resources.use(await startHealthServer({ host: config.HOST, port: config.HEALTH_PORT, checks, log }))

  const publish: Publish = (event, id, data) => publishEvent(bus, event, id, data)
  const transferCar = createTransferCar({ source, storage, ...transferOptions(config), log })
  const startProgress = createLiveProgress({
    show: await openLiveView(bus, log),
    intervalMs: config.PROGRESS_INTERVAL_MS,
  })
  const takeTransferSlot = createTransferSlots(config.BATCH_SIZE)
  const announcing = announceNode({
    source,
    announcer: await openNodeAnnouncer(bus),
    transfers: takeTransferSlot.taken,
    transferSlots: config.BATCH_SIZE,
    intervalMs: announceIntervalMs,
    log,
  })
  resources.use(announcing)
  const markBusy = resources.use(collectWhenIdle({ source, idleMs: config.GC_IDLE_MS, log }))
  const fetchContent = createFetchContent({
    publish,
    source,
    storage,
    transferCar,
    startProgress,
    originsOf: cid => originsOf(db, cid),
    takeTransferSlot,
    markBusy,
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
    removeLeftovers: ({ cid, generation }) =>
      removeLeftovers(
        storage,
        { bucket: config.STAGING_BUCKET, key: `${cid}/${generation}-` },
        AbortSignal.timeout(cleanupTimeoutMs),
      ),
  })
  const runningJobs = createRunningJobs()
  const following = followEvents({
    bus,
    reaction: on(pinCancelled, onPinCancelled(runningJobs)),
    stopping,
    log,
  })
  const mayPull = createReadyToPull({
    isReady: kuboIsReady,
    removeStalePins: async () => {
      // What they held goes with the next garbage collection.
      using _busy = markBusy()
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(cleanupTimeoutMs)])
      return removeStalePins({ source, leasedContents: cids => leasedContents(db, cids) }, signal)
    },
    log,
  })
  const working = workOnJobs({
    bus,
    consumer: 'fetcher',
    step,
    runningJobs,
    mayPull,
    stopping,
    log,
    ...workerSettings(config, config.LOCATE_CONCURRENCY),
  })
  return { running: [working, following], resources: resources.move() }
})
