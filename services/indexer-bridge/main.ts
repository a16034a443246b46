import { SQSClient } from '@aws-sdk/client-sqs'
import { connectBus, on, publishEvent, readEvents } from '#libs/bus/index.ts'
import { connectDatabase, createDatabaseCheck, recordHandled, wasHandled } from '#libs/db/index.ts'
import { carValid } from '#libs/events/index.ts'
import { startHealthServer } from '#libs/http/index.ts'
import { runService } from '#libs/service/index.ts'
import { createAnnounceCar } from './announce-car.ts'
import { readIndexerBridgeConfig } from './config.ts'
import { onCarValid } from './on-car-valid.ts'

await runService('indexer-bridge', readIndexerBridgeConfig, async ({ config, log, stopping }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('indexer-bridge', config, log))
  const bus = resources.use(await connectBus('indexer-bridge', config, log, stopping))
  const sqs = resources.adopt(new SQSClient({ region: config.AWS_REGION }), client => client.destroy())
  resources.use(
    await startHealthServer({
      host: config.HOST,
      port: config.HEALTH_PORT,
      checks: { nats: async () => bus.assertReady(), postgres: () => db.execute('select 1') },
      log,
    }),
  )
  const { INDEXER_QUEUE_URL: queueUrl } = config
  const handle = onCarValid({
    announceCar: queueUrl ? createAnnounceCar(sqs, queueUrl) : undefined,
    wasHandled: id => wasHandled(db, 'indexer-bridge', id),
    recordHandled: id => recordHandled(db, 'indexer-bridge', id),
    publish: (event, id, data) => publishEvent(bus, event, id, data),
  })
  const reading = readEvents({
    bus,
    consumer: 'indexer-bridge',
    reactions: [on(carValid, handle)],
    slots: config.EVENT_CONCURRENCY,
    retryMinMs: config.EVENT_RETRY_MIN_MS,
    retryMaxMs: config.EVENT_RETRY_MAX_MS,
    mayPull: createDatabaseCheck(db),
    stopping,
    log,
  })
  return { running: [reading], resources: resources.move() }
})
