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
  createDatabaseCheck,
  createWantedBy,
  isDatabaseAway,
  leasedContents,
  leasesOf,
  otherAccountsQueue,
  startOutboxRelay,
} from '#libs/db/index.ts'
import { pinCancelled } from '#libs/events/index.ts'
import { startHealthServer } from '#libs/http/index.ts'
import { connectKubo } from '#libs/ipfs/index.ts'
import { rememberAnswer, runService } from '#libs/service/index.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { createAcceptFromProducer } from './accept-from-producer.ts'
import { announceNode } from './announce-node.ts'
import { collectWhenIdle } from './collect-when-idle.ts'
import {
  fetchOptions,
  kuboOptions,
  locateOptions,
  readFetcherConfig,
  transferOptions,
  transferSlotOptions,
} from './config.ts'
import { watchDisk } from './disk-watch.ts'
import { createFetchContent } from './fetch-content.ts'
import { inTurns } from './in-turns.ts'
import { leasesInTurns } from './leases-in-turns.ts'
import { createLiveProgress } from './live-progress.ts'
import { createLocateRoot } from './locate-root.ts'
import { onPinCancelled } from './on-pin-cancelled.ts'
import { onPinRequested } from './on-pin-requested.ts'
import { createReadyToPull } from './ready-to-pull.ts'
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
  const markBusy = resources.use(collectWhenIdle({ source, idleMs: config.GC_IDLE_MS, log }))
  const disk = resources.use(
    watchDisk({
      source,
      highWaterPercent: config.KUBO_HIGH_WATER_PERCENT,
      intervalMs: config.KUBO_MEASURE_INTERVAL_MS,
      collectSoon: markBusy.collectSoon,
      log,
    }),
  )
  const checks = {
    nats: async () => bus.assertReady(),
    postgres: () => db.execute('select 1'),
    s3: () => storage.isReady([config.STAGING_BUCKET]),
    kubo: async () => {
      if (!(await kuboIsReady())) throw new Error('the IPFS node does not answer')
    },
    space: disk.assertSpace,
  }
  resources.use(await startHealthServer({ host: config.HOST, port: config.HEALTH_PORT, checks, log }))

  const publish: Publish = (event, id, data) => publishEvent(bus, event, id, data)
  const transferCar = createTransferCar({ source, storage, ...transferOptions(config), log })
  const startProgress = createLiveProgress({
    show: await openLiveView(bus, log),
    intervalMs: config.PROGRESS_INTERVAL_MS,
  })
  const takeTransferSlot = createTransferSlots(transferSlotOptions(config))
  const announcing = announceNode({
    source,
    announcer: await openNodeAnnouncer(bus),
    transfers: takeTransferSlot.taken,
    transferSlots: config.BATCH_SIZE,
    intervalMs: announceIntervalMs,
    log,
  })
  resources.use(announcing)
  // So many jobs may begin or end together that they must not wait for a connection, where waiting has an end.
  const inTurn = inTurns(config.DATABASE_MAX_CONNECTIONS)
  const fetchContent = createFetchContent({
    publish,
    source,
    storage,
    transferCar,
    startProgress,
    wantedBy: createWantedBy(db),
    locateRoot: createLocateRoot({
      locate: (cid, limit) => source.locate(cid, limit),
      ...locateOptions(config),
    }),
    takeTransferSlot,
    waitForSpace: disk.waitForSpace,
    markBusy,
    worker: bus.name,
    ...fetchOptions(config),
  })
  const acceptFromProducer = createAcceptFromProducer({
    acceptPin: request => acceptPin(db, request),
    wakeOutbox: relay.wake,
  })
  const leases = leasesInTurns(leasesOf(db, { owner: bus.name, leaseMs: config.LEASE_MS }), inTurn)
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
  const databaseAnswers = createDatabaseCheck(db)
  const storeAnswers = rememberAnswer(checks.s3, readinessMs)
  const readyToPull = createReadyToPull({
    isReady: kuboIsReady,
    isFull: disk.isFull,
    slots: takeTransferSlot,
    otherAccountsQueue: accounts => otherAccountsQueue(db, accounts),
    removeStale: async () => {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(cleanupTimeoutMs)])
      const peerings = await source.endStalePeerings({ timeoutMs: cleanupTimeoutMs, signal })
      const pins = await removeStalePins({ source, leasedContents: cids => leasedContents(db, cids) }, signal)
      // What they held goes with the next garbage collection.
      if (pins > 0) markBusy()[Symbol.dispose]()
      return { pins, peerings }
    },
    log,
  })
  const working = workOnJobs({
    bus,
    consumer: 'fetcher',
    step,
    runningJobs,
    isDatabaseAway,
    async mayPull() {
      await Promise.all([databaseAnswers(), storeAnswers()])
      return readyToPull()
    },
    stopping,
    log,
    ...workerSettings(config, config.LOCATE_CONCURRENCY),
  })
  return { running: [working, following], resources: resources.move() }
})
