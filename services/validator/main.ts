import {
  connectBus,
  createRunningJobs,
  followEvents,
  on,
  openLiveView,
  publishEvent,
  workOnJobs,
} from '#libs/bus/index.ts'
import { carLimits, storageOptions, workerSettings } from '#libs/config/index.ts'
import {
  adoptCar,
  connectDatabase,
  createDatabaseCheck,
  isCarKnown,
  isDatabaseAway,
  leasesOf,
  requestIdOf,
  stagingNeeds,
} from '#libs/db/index.ts'
import { pinCancelled } from '#libs/events/index.ts'
import { startHealthServer } from '#libs/http/index.ts'
import { rememberAnswer, runService } from '#libs/service/index.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { createAdoptCopy } from './adopt-copy.ts'
import { createCheckStagedCar } from './check-staged-car.ts'
import { readValidatorConfig } from './config.ts'
import { onCarUploaded } from './on-car-uploaded.ts'
import { onPinCancelled } from './on-pin-cancelled.ts'

/** Asked for before each pull; longer than one answer may take. */
const readinessMs = 3_000

await runService('validator', readValidatorConfig, async ({ config, log, stopping }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('validator', config, log))
  const bus = resources.use(await connectBus('validator', config, log, stopping))
  const storage = resources.use(connectStorage({ ...storageOptions(config), log }))
  const checks = {
    nats: async () => bus.assertReady(),
    postgres: () => db.execute('select 1'),
    s3: () => storage.isReady([config.STAGING_BUCKET, config.CAR_BUCKET]),
  }
  resources.use(await startHealthServer({ host: config.HOST, port: config.HEALTH_PORT, checks, log }))

  const step = onCarUploaded({
    leases: leasesOf(db, { owner: bus.name, leaseMs: config.LEASE_MS }),
    publish: (event, id, data) => publishEvent(bus, event, id, data),
    checkStagedCar: createCheckStagedCar({ storage, limits: carLimits(config) }),
    storage,
    adoptCopy: createAdoptCopy({
      storage,
      isCarKnown: car => isCarKnown(db, car),
      adoptCar: of => adoptCar(db, of),
    }),
    requestIdOf: cid => requestIdOf(db, cid),
    isStagingWanted: async (cid, key) => (await stagingNeeds(db, [cid])).get(cid)?.key === key,
    show: await openLiveView(bus, log),
    stagingBucket: config.STAGING_BUCKET,
    carBucket: config.CAR_BUCKET,
    region: config.AWS_REGION,
    worker: bus.name,
    progressIntervalMs: config.PROGRESS_INTERVAL_MS,
  })
  const databaseAnswers = createDatabaseCheck(db)
  const storeAnswers = rememberAnswer(checks.s3, readinessMs)
  const runningJobs = createRunningJobs()
  const following = followEvents({
    bus,
    reaction: on(pinCancelled, onPinCancelled(runningJobs)),
    stopping,
    log,
  })
  const working = workOnJobs({
    bus,
    consumer: 'validator',
    step,
    runningJobs,
    isDatabaseAway,
    async mayPull() {
      await Promise.all([databaseAnswers(), storeAnswers()])
      return true
    },
    stopping,
    log,
    ...workerSettings(config, config.VALIDATE_CONCURRENCY),
  })
  return { running: [working, following], resources: resources.move() }
})
