import { isNatsAway, type LiveJob, type LiveNode } from '#libs/bus/index.ts'
import { countPins, type Database, isDatabaseAway } from '#libs/db/index.ts'
import { addHealthRoutes, createServer, type HttpServer, type ReadinessChecks } from '#libs/http/index.ts'
import { createPathResolver } from '#libs/ipfs/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { addAddRoute } from './cluster/add-route.ts'
import { authenticate } from './cluster/authenticate.ts'
import { clusterVersion } from './cluster/cluster-version.ts'
import { addPeerRoutes } from './cluster/peer-routes.ts'
import { addPinRoutes } from './cluster/pin-routes.ts'
import { addPostToken } from './cluster/post-token.ts'
import { redirectTrailingSlash } from './cluster/redirect-trailing-slash.ts'
import { shareWithOrigins } from './cluster/share-with-origins.ts'
import type { GatewayConfig } from './config.ts'
import { connectStores } from './connect-stores.ts'
import { addDashboard } from './dashboard/add-dashboard.ts'
import { addOpenApi } from './open-api.ts'
import { addOperatorApi, type NatsView } from './operator/operator-api.ts'
import { failureBody } from './psa/failure-body.ts'
import { createGuard } from './psa/guard.ts'
import { addPinningService } from './psa/pinning-service.ts'
import { isOfTokenApi } from './token-paths.ts'

type Deps = {
  config: GatewayConfig
  db: Database
  liveJob: (cid: string) => LiveJob | undefined
  /** The IPFS nodes in use, ordered by peer id, and when one of them was last announced. */
  liveNodes: () => LiveNode[]
  nodesHeardAt: () => Date
  natsView: () => NatsView
  wakeOutbox: () => void
  checks: ReadinessChecks
  log: Logger
}

/** All accounts of ipfs-cluster credentials see one pinset, as they do there. */
const clusterAccount = 'default'

/** The HTTP API, not yet listening. */
export async function createApp(deps: Deps): Promise<HttpServer> {
  const { config, db, liveJob, liveNodes, nodesHeardAt, natsView, wakeOutbox, checks, log } = deps
  const server = createServer({
    log,
    errorBody,
    isBackendAway: error => isDatabaseAway(error) || isNatsAway(error),
    maxHeaderBytes: config.MAX_HEADER_BYTES,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    maxPendingRequests: config.MAX_PENDING_REQUESTS,
  })
  await addOpenApi(server, { version: clusterVersion })
  // First, because a plugin that the parent has cannot be added with other options, and both have CORS.
  const stores = connectStores(server, config, log)
  const guard = createGuard({ config, db })
  await addPinningService(server, { config, db, stores, guard, liveJob, liveNodes, wakeOutbox })
  await addOperatorApi(server, { db, guard, liveJob, liveNodes, natsView, wakeOutbox })

  // In the order of ipfs-cluster: who may not ask learns nothing, not by CORS and not by a redirect either.
  const isOpen = config.credentials.size === 0
  if (!isOpen) await authenticate(server, config.credentials)
  await shareWithOrigins(server, config)
  redirectTrailingSlash(server)
  addPostToken(server, { isOpen })
  addHealthRoutes(server, checks)
  await addDashboard(server)

  const peer = { id: config.CLUSTER_PEER_ID, name: config.CLUSTER_PEER_NAME }
  addPeerRoutes(server, {
    peer,
    liveNodes,
    lastHeardAt: nodesHeardAt,
    countQueuedPins: async () =>
      (await countPins(db, { account: clusterAccount, api: 'cluster', states: ['queued'] })).pins,
    stallTimeoutMs: config.STREAM_STALL_TIMEOUT_MS,
  })
  addPinRoutes(server, {
    db,
    account: clusterAccount,
    peer,
    liveJob,
    wakeOutbox,
    resolvePath: config.KUBO_API_URL ? createPathResolver(config.KUBO_API_URL) : undefined,
    resolveTimeoutMs: config.RESOLVE_TIMEOUT_MS,
    maxOrigins: config.MAX_ORIGINS,
    maxCids: config.MAX_STATUS_CIDS,
    lists: { emptyStatus: config.EMPTY_LIST_STATUS, stallTimeoutMs: config.STREAM_STALL_TIMEOUT_MS },
  })
  const account = clusterAccount
  await addAddRoute(server, { config, db, storage: stores.inside, account, peerId: peer.id, wakeOutbox, log })
  return server
}

/**
 * In the shape of the API that the path belongs to. Of ipfs-cluster's (api/rest/config.go, `DefaultAPIErrorFunc`) the Go
 * client takes any other for an outage.
 */
const errorBody: Parameters<typeof createServer>[0]['errorBody'] = (code, message, target) =>
  isOfTokenApi(target) ? failureBody(code, message) : { code, message }
