import {
  connectBus,
  on,
  publishBody,
  publishEvent,
  readDeliveries,
  readEvents,
  readQueues,
} from '#libs/bus/index.ts'
import { carStoreOptions } from '#libs/config/index.ts'
import {
  carDeletionMs,
  connectDatabase,
  countAllPins,
  createContentChanges,
  createDatabaseCheck,
  readBacklog,
  startOutboxRelay,
} from '#libs/db/index.ts'
import { carIndexed, carValid, pinFailed, pinStarted } from '#libs/events/index.ts'
import { startHealthServer } from '#libs/http/index.ts'
import { runService } from '#libs/service/index.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { carDeletionOptions, readStatusConfig } from './config.ts'
import { createDeleteUnpinnedCars } from './delete-unpinned-cars.ts'
import { createExpirePins } from './expire-pins.ts'
import { createFoldPinCounts } from './fold-pin-counts.ts'
import { observeSystem } from './observe-system.ts'
import { onCarIndexed } from './on-car-indexed.ts'
import { onCarValid } from './on-car-valid.ts'
import { onPinFailed } from './on-pin-failed.ts'
import { onPinStarted } from './on-pin-started.ts'
import { createReconcileContents } from './reconcile-contents.ts'
import { createReconcileIndexer } from './reconcile-indexer.ts'
import { repeatPass } from './repeat-pass.ts'
import { routeDeadLetters } from './route-dead-letters.ts'

await runService('status', readStatusConfig, async ({ config, log, stopping }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('status', config, log))
  const bus = resources.use(await connectBus('status', config, log, stopping))
  resources.use(
    await startHealthServer({
      host: config.HOST,
      port: config.HEALTH_PORT,
      checks: {
        nats: async () => bus.assertReady(),
        streams: () => readDeliveries(bus),
        postgres: () => db.execute('select 1'),
      },
      log,
    }),
  )
  resources.use(
    observeSystem({
      readQueues: () => readQueues(bus),
      readBacklog: () => readBacklog(db),
      countAllPins: () => countAllPins(db),
    }),
  )
  const publishRow = (row: Parameters<typeof publishBody>[1]) => publishBody(bus, row)
  const relay = resources.use(
    startOutboxRelay({ db, publish: publishRow, pollMs: config.OUTBOX_POLL_MS, log }),
  )
  const changes = createContentChanges(db)
  const reading = readEvents({
    bus,
    consumer: 'status',
    reactions: [
      on(pinStarted, onPinStarted(changes)),
      on(pinFailed, onPinFailed(changes)),
      on(carValid, onCarValid(changes)),
      on(carIndexed, onCarIndexed(changes)),
    ],
    slots: config.EVENT_CONCURRENCY,
    retryMinMs: config.EVENT_RETRY_MIN_MS,
    retryMaxMs: config.EVENT_RETRY_MAX_MS,
    mayPull: createDatabaseCheck(db),
    stopping,
    log,
  })
  const expiring = repeatPass({
    what: 'the removal of expired pins',
    pass: createExpirePins({ db, wakeOutbox: relay.wake, log }),
    intervalMs: config.EXPIRY_INTERVAL_MS,
    stopping,
    log,
  })
  const folding = repeatPass({
    what: 'the folding of pin counts',
    pass: createFoldPinCounts({ db }),
    intervalMs: config.FOLD_INTERVAL_MS,
    stopping,
    log,
  })
  const reconciliation = {
    db,
    readDeliveries: () => readDeliveries(bus),
    quietMs: config.RECONCILE_AFTER_MS,
    log,
  }
  const reconciling = [
    createReconcileContents({ ...reconciliation, wakeOutbox: relay.wake }),
    createReconcileIndexer({
      ...reconciliation,
      publish: (event, id, data) => publishEvent(bus, event, id, data),
    }),
  ].map(pass =>
    repeatPass({
      what: 'the reconciliation',
      pass,
      intervalMs: config.RECONCILE_INTERVAL_MS,
      stopping,
      log,
    }),
  )
  const routing = await routeDeadLetters({ bus, db, changes, config, stopping, log })
  const running = [reading, expiring, folding, ...reconciling, ...routing]
  const deletion = carDeletionOptions(config)
  if (deletion) {
    const storage = resources.use(connectStorage({ ...carStoreOptions(config), retryForMs: 0, log }))
    const { graceMs, intervalMs } = deletion
    const pass = createDeleteUnpinnedCars({
      db,
      storage,
      carBucket: config.CAR_BUCKET,
      graceMs,
      deleteWithinMs: carDeletionMs / 2,
      stopping,
      log,
    })
    running.push(repeatPass({ what: 'the deletion of unpinned CARs', pass, intervalMs, stopping, log }))
  }
  return { running, resources: resources.move() }
})
