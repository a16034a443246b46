import { connectBus, on, readEvents } from '#libs/bus/index.ts'
import { connectDatabase } from '#libs/db/index.ts'
import { carIndexed, carValid, pinFailed, pinStarted } from '#libs/events/index.ts'
import { startHealthServer } from '#libs/http/index.ts'
import { runService } from '#libs/service/index.ts'
import { readStatusConfig } from './config.ts'
import { createContentChanges } from './content-changes.ts'
import { onCarIndexed } from './on-car-indexed.ts'
import { onCarValid } from './on-car-valid.ts'
import { onPinFailed } from './on-pin-failed.ts'
import { onPinStarted } from './on-pin-started.ts'

await runService('status', readStatusConfig, async ({ config, log, stopping }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('status', config, log))
  const bus = resources.use(await connectBus('status', config, log))
  resources.use(
    await startHealthServer({
      host: config.HOST,
      port: config.HEALTH_PORT,
      checks: { nats: async () => bus.assertReady(), postgres: () => db.execute('select 1') },
      log,
    }),
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
    deliveryLimit: config.DELIVERY_LIMIT,
    retryMinMs: config.EVENT_RETRY_MIN_MS,
    retryMaxMs: config.EVENT_RETRY_MAX_MS,
    stopping,
    log,
  })
  return { running: [reading], resources: resources.move() }
})
