import { fastifyCors } from '@fastify/cors'
import type { LiveJob, LiveNode } from '#libs/bus/index.ts'
import {
  acceptPin,
  countPins,
  createPsaPins,
  type Database,
  findKeyedPins,
  findPsaPin,
  newRequestId,
  type PinRequest,
  queuePosition,
  removePsaPin,
  replacePsaPin,
  setbacksOf,
} from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import type { GatewayConfig } from '../config.ts'
import type { Stores } from '../connect-stores.ts'
import { pinningServicePath } from '../token-paths.ts'
import { addAddPin } from './add-pin.ts'
import { pinningSchemas } from './answer-schemas.ts'
import { createDelegates } from './delegates.ts'
import { addDeletePin } from './delete-pin.ts'
import { addGetPin } from './get-pin.ts'
import type { Guard } from './guard.ts'
import { addListPins } from './list-pins.ts'
import { addOwnRoutes } from './own-routes.ts'
import { createPinStatusOf } from './pin-status.ts'
import { createReadPin } from './read-pin.ts'
import { addReplacePin } from './replace-pin.ts'
import { createRequireQuota } from './require-quota.ts'

type Deps = {
  config: GatewayConfig
  db: Database
  stores: Stores
  guard: Guard
  liveJob: (cid: string) => LiveJob | undefined
  liveNodes: () => LiveNode[]
  wakeOutbox: () => void
}

/**
 * The IPFS Pinning Service API 1.0.0, under a path of its own with its own tokens and its own rules for browsers.
 * Hooks of `server` hold here too, also those that it gets later.
 */
export async function addPinningService(server: HttpServer, deps: Deps): Promise<void> {
  for (const [$id, schema] of Object.entries(pinningSchemas)) server.addSchema({ ...schema, $id })
  await server.register(
    async scope => {
      await shareWithBrowsers(scope)
      await deps.guard(scope)
      addRoutes(scope, deps)
    },
    { prefix: pinningServicePath },
  )
}

const carRequestHeaders = ['If-None-Match', 'If-Range', 'Range']
const carAnswerHeaders = [
  'Accept-Ranges',
  'Content-Length',
  'Content-Range',
  'ETag',
  'X-Ipfs-Path',
  'X-Ipfs-Roots',
]

/** Tokens are sent by the program and not by the browser, so any page may ask. Preflights need none. */
async function shareWithBrowsers(scope: HttpServer): Promise<void> {
  await scope.register(fastifyCors, {
    origin: '*',
    methods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'Last-Event-ID',
      ...carRequestHeaders,
    ],
    exposedHeaders: [
      'Retry-After',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      ...carAnswerHeaders,
    ],
    maxAge: 86_400,
    strictPreflight: false,
  })
}

function addRoutes(scope: HttpServer, deps: Deps): void {
  const { config, db, liveJob, liveNodes, wakeOutbox } = deps
  const allowPrivate = config.ALLOW_PRIVATE_ORIGINS
  const delegates = createDelegates({
    liveNodes,
    configured: config.delegates,
    allowPrivate,
    peerId: config.CLUSTER_PEER_ID,
  })
  const statusOf = createPinStatusOf({ liveJob, delegates })
  const readPin = createReadPin({ maxOrigins: config.MAX_ORIGINS, allowPrivate })
  const requireQuota = createRequireQuota({ countPins: counted => countPins(db, counted) })
  const findPin = (which: Parameters<typeof findPsaPin>[1]) => findPsaPin(db, which)
  const accepting = { readPin, requireQuota, newRequestId, wakeOutbox, statusOf }
  const adding = {
    ...accepting,
    acceptPin: (request: PinRequest) => acceptPin(db, request),
    findKeyedPins: (which: Parameters<typeof findKeyedPins>[1]) => findKeyedPins(db, which),
  }

  const failedSoFar = (cids: readonly string[]) => setbacksOf(db, cids)
  addListPins(scope, {
    pinsOf: createPsaPins(db),
    setbacksOf: failedSoFar,
    statusOf,
    defaultStatus: config.PSA_DEFAULT_STATUS,
  })
  addAddPin(scope, adding)
  addGetPin(scope, {
    findPin,
    queuePosition: queuedAt => queuePosition(db, queuedAt),
    setbacksOf: failedSoFar,
    statusOf,
  })
  addReplacePin(scope, {
    ...accepting,
    findPin,
    replacePin: (which, request) => replacePsaPin(db, which, request),
  })
  addDeletePin(scope, { removePin: which => removePsaPin(db, which), wakeOutbox })
  addOwnRoutes(scope, { ...deps, ...adding, findPin })
}
