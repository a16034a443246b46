import { readConfig } from '#libs/config/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { prepareBackends } from './prepare-backends.ts'
import { provisionSettings } from './provision-settings.ts'

const config = readConfig(provisionSettings)
const log = createLogger('provision', config.LOG_LEVEL)
const streams = {
  replicas: config.STREAM_REPLICAS,
  ackWaitMs: config.ACK_WAIT_MS,
  maxDeliver: config.MAX_DELIVER,
}
await prepareBackends({ databaseUrl: config.DATABASE_URL, bus: config, streams }, log)
log.info('schema, streams and consumers are up to date')
