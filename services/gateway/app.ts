import type { LiveJob } from '#libs/bus/index.ts'
import { acceptPin, type Database, isDatabaseAway, newRequestId } from '#libs/db/index.ts'
import { addHealthRoutes, createServer, type HttpServer, type ReadinessChecks } from '#libs/http/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { requireBasicAuth } from './cluster/basic-auth.ts'
import { addGetPin } from './cluster/get-pin.ts'
import { addListPins } from './cluster/list-pins.ts'
import { addPostPin } from './cluster/post-pin.ts'
import { createStatusOf } from './cluster/status-of.ts'
import type { GatewayConfig } from './config.ts'

type Deps = {
  config: GatewayConfig
  db: Database
  liveJob: (cid: string) => LiveJob | undefined
  wakeOutbox: () => void
  checks: ReadinessChecks
  log: Logger
}

/** All accounts of ipfs-cluster credentials see one pinset, as they do there. */
const clusterAccount = 'default'

/** The HTTP API, not yet listening. */
export function createApp({ config, db, liveJob, wakeOutbox, checks, log }: Deps): HttpServer {
  const server = createServer({
    log,
    // The shape of ipfs-cluster (api/rest/config.go, `DefaultAPIErrorFunc`): its Go client takes any other for an outage.
    errorBody: (code, message) => ({ code, message }),
    isBackendAway: isDatabaseAway,
    maxHeaderBytes: config.MAX_HEADER_BYTES,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
  })
  if (config.CLUSTER_BASIC_AUTH_TOKEN) requireBasicAuth(server, config.CLUSTER_BASIC_AUTH_TOKEN)
  server.get('/health', { config: { public: true } }, (_request, reply) => reply.code(204).send())
  addHealthRoutes(server, checks)

  const peer = { id: config.CLUSTER_PEER_ID, name: config.CLUSTER_PEER_NAME }
  const statusOf = createStatusOf({ db, liveJob, account: clusterAccount, peer })
  addPostPin(server, {
    acceptPin: request => acceptPin(db, request),
    newRequestId,
    wakeOutbox,
    account: clusterAccount,
    maxOrigins: config.MAX_ORIGINS,
  })
  addGetPin(server, { statusOf })
  addListPins(server, { statusOf, maxCids: config.MAX_STATUS_CIDS })
  return server
}
