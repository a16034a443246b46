import {
  type AcceptedPin,
  countPinsByState,
  type Database,
  findPsaPins,
  type PinRequest,
  queuePosition,
  queuePositions,
  revokedTokens,
  setbacksOf,
  stepsOf,
  watchedPins,
} from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import type { ObjectRef, ReadLink } from '#libs/storage/index.ts'
import type { GatewayConfig } from '../config.ts'
import type { Stores } from '../connect-stores.ts'
import { stopTransfers } from '../stop-transfers.ts'
import type { FindKeyedPins } from './add-pin.ts'
import type { FindPin } from './found-pin.ts'
import { addGetAccount } from './get-account.ts'
import { addGetBatch } from './get-batch.ts'
import { addGetCar } from './get-car.ts'
import { addGetCarLink } from './get-car-link.ts'
import { addGetEvents } from './get-events.ts'
import { addGetHistory } from './get-history.ts'
import { addGetReceipt } from './get-receipt.ts'
import { createOpenCar } from './open-car.ts'
import type { PinStatusOf } from './pin-status.ts'
import { addPostBatch } from './post-batch.ts'
import type { ReadPin } from './read-pin.ts'
import type { RequireQuota } from './require-quota.ts'
import { createSeats } from './seats.ts'
import { createPinWatch } from './watch-pins.ts'

type Deps = {
  config: GatewayConfig
  db: Database
  stores: Stores
  findPin: FindPin
  readPin: ReadPin
  requireQuota: RequireQuota
  acceptPin: (request: PinRequest) => Promise<AcceptedPin>
  findKeyedPins: FindKeyedPins
  newRequestId: () => string
  wakeOutbox: () => void
  statusOf: PinStatusOf
}

/** The routes that the specification does not know. They have no shape of it but `Pin`, `PinStatus` and `Failure`. */
export function addOwnRoutes(scope: HttpServer, deps: Deps): void {
  const { config, db, stores, findPin, statusOf } = deps
  const maxPins = config.MAX_BATCH_PINS
  const failedSoFar = (cids: readonly string[]) => setbacksOf(db, cids)
  addPostBatch(scope, { ...deps, maxPins })
  addGetBatch(scope, { findPins: which => findPsaPins(db, which), statusOf, maxPins })
  addGetReceipt(scope, { findPin })
  addGetAccount(scope, { countPins: account => countPinsByState(db, { account, api: 'psa' }) })
  addGetHistory(scope, {
    findPin,
    stepsOf: content => stepsOf(db, content),
    traceUrlTemplate: config.TRACE_URL_TEMPLATE,
  })
  const stallTimeoutMs = config.STREAM_STALL_TIMEOUT_MS
  const watch = createPinWatch({
    watchedPins: ids => watchedPins(db, ids),
    revokedTokens: ids => revokedTokens(db, ids),
    queuePositions: times => queuePositions(db, times),
    setbacksOf: failedSoFar,
    statusOf,
    intervalMs: config.WATCH_INTERVAL_MS,
    log: scope.log,
  })
  addGetEvents(scope, {
    findPin,
    queuePosition: queuedAt => queuePosition(db, queuedAt),
    setbacksOf: failedSoFar,
    statusOf,
    watch,
    takeSeat: createSeats({ count: config.MAX_WATCHERS, what: 'event streams' }),
    stallTimeoutMs,
    heartbeatMs: config.WATCH_HEARTBEAT_MS,
  })
  const openCar = createOpenCar({
    read: (ref, options) => stores.inside.read(ref, options),
    takeSeat: createSeats({ count: config.MAX_CAR_DOWNLOADS, what: 'downloads' }),
    stallTimeoutMs,
    stopping: stopTransfers(scope, config.SHUTDOWN_TIMEOUT_MS / 2),
  })
  const linking = {
    findPin,
    presignRead: (ref: ObjectRef, link: ReadLink) => stores.outside.presignRead(ref, link),
    linkValidForMs: config.CAR_LINK_TTL_MS,
  }
  addGetCar(scope, { ...linking, openCar })
  addGetCarLink(scope, linking)
}
