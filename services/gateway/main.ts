import { connectBus, mirrorLiveView, publishBody } from '#libs/bus/index.ts'
import { connectDatabase, startOutboxRelay } from '#libs/db/index.ts'
import { runService } from '#libs/service/index.ts'
import { createApp } from './app.ts'
import { readGatewayConfig } from './config.ts'

await runService('gateway', readGatewayConfig, async ({ config, log }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('gateway', config, log))
  const bus = resources.use(await connectBus('gateway', config, log))
  const live = resources.use(await mirrorLiveView(bus, { maxAgeMs: 60_000, log }))
  const publish = (row: Parameters<typeof publishBody>[1]) => publishBody(bus, row)
  const relay = resources.use(startOutboxRelay({ db, publish, pollMs: config.OUTBOX_POLL_MS, log }))

  // Without NATS the gateway still accepts: the outbox keeps the jobs.
  const checks = { postgres: () => db.execute('select 1') }
  const app = createApp({ config, db, liveJob: live.get, wakeOutbox: relay.wake, checks, log })
  resources.defer(() => app.close())
  await app.listen({ host: config.HOST, port: config.PORT })
  return { running: [], resources: resources.move() }
})
