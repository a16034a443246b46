import { carLimits } from '#libs/config/index.ts'
import { acceptUploadedCar, type Database, isDatabaseAway, newRequestId } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { connectFileAdder } from '#libs/ipfs/index.ts'
import type { Storage } from '#libs/storage/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { GatewayConfig } from '../config.ts'
import { createKeepCar } from './keep-car.ts'
import { addPostAdd } from './post-add.ts'
import { createStageCar } from './stage-car.ts'

type Deps = {
  config: GatewayConfig
  db: Database
  storage: Storage
  account: string
  peerId: string
  wakeOutbox: () => void
  log: Logger
}

/** `POST /add` over the store and, where one is set, an IPFS node, which is connected on demand and closed with the server. */
export async function addAddRoute(server: HttpServer, deps: Deps): Promise<void> {
  const { config, db, storage, account, peerId, wakeOutbox, log } = deps
  const resources = new AsyncDisposableStack()
  const fileAdder = config.KUBO_API_URL ? resources.use(connectFileAdder(config.KUBO_API_URL)) : undefined
  server.addHook('onClose', () => resources.disposeAsync())
  const keepCar = createKeepCar({
    acceptCar: (request, car) => acceptUploadedCar(db, request, car),
    isBackendAway: isDatabaseAway,
    storage,
    wakeOutbox,
    account,
    log,
  })
  const stageCar = createStageCar({
    storage,
    stagingBucket: config.STAGING_BUCKET,
    limits: carLimits(config),
  })
  await addPostAdd(server, {
    adding: { fileAdder, stageCar, keepCar, newRequestId, peerId, log },
    maxOrigins: config.MAX_ORIGINS,
    maxBodyBytes: config.ADD_MAX_BYTES,
    stallTimeoutMs: config.ADD_STALL_TIMEOUT_MS,
    graceMs: config.SHUTDOWN_TIMEOUT_MS / 2,
  })
}
