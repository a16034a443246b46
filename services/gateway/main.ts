import { connectDatabase } from '#libs/db/index.ts'
import { observeChecks, startHealthServer } from '#libs/http/index.ts'
import { runService } from '#libs/service/index.ts'
import { createApp } from './app.ts'
import { readGatewayConfig } from './config.ts'
import { linkToNats } from './nats-link.ts'

await runService('gateway', readGatewayConfig, async ({ config, log, stopping }) => {
  await using resources = new AsyncDisposableStack()
  const db = resources.use(connectDatabase('gateway', config, log))
  const { running, ...nats } = linkToNats({ settings: config, db, stopping, log })
  const checks = { postgres: () => db.execute('select 1') }
  const app = await createApp({ config, db, ...nats, checks, log })
  resources.defer(() => app.close())
  await app.listen({ host: config.HOST, port: config.PORT })
  const { HOST: host, HEALTH_PORT: port } = config
  // The API answers for the health of the gateway, too: a second port is for metrics, and only where it has a number.
  if (port === 0) resources.use(observeChecks(checks))
  else resources.use(await startHealthServer({ host, port, checks, log }))
  return { running: [running], resources: resources.move() }
})
