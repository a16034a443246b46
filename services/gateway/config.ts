import { type Static, Type } from 'typebox'
import {
  carSettings,
  databaseSettings,
  healthSettings,
  natsSettings,
  outboxSettings,
  readConfig,
  serviceSettings,
  storageSettings,
} from '#libs/config/index.ts'
import { type Credentials, readCredentials } from './cluster/credentials.ts'
import { readConfiguredDelegates } from './psa/configured-delegates.ts'

/** Names, types and defaults; the README has what they mean. */
export const gatewaySettings = Type.Object({
  ...serviceSettings,
  ...healthSettings,
  ...natsSettings,
  ...databaseSettings,
  ...outboxSettings,
  ...storageSettings,
  ...carSettings,
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 9094 }),
  /** Base64 of `user:password`, as the old pickup had it. Without it the API is open. */
  CLUSTER_BASIC_AUTH_TOKEN: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$' })),
  /** More users: `user:password,user2:password2`, and a file with one pair a line. */
  CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: Type.Optional(Type.String()),
  CLUSTER_BASIC_AUTH_FILE: Type.Optional(Type.String()),
  /** CORS; names and defaults of ipfs-cluster (api/rest/config.go). Lists are divided by commas. */
  CLUSTER_RESTAPI_CORSALLOWEDORIGINS: Type.String({ default: '*' }),
  CLUSTER_RESTAPI_CORSALLOWEDMETHODS: Type.String({ default: 'GET' }),
  CLUSTER_RESTAPI_CORSALLOWEDHEADERS: Type.String({ default: 'Accept,Content-Type,X-Requested-With' }),
  CLUSTER_RESTAPI_CORSEXPOSEDHEADERS: Type.String({
    default: 'Content-Type,X-Stream-Output,X-Chunked-Output,X-Content-Length',
  }),
  CLUSTER_RESTAPI_CORSALLOWCREDENTIALS: Type.Boolean({ default: true }),
  CLUSTER_RESTAPI_CORSMAXAGE: Type.String({ pattern: '^([0-9]+(ms|s|m|h))+$', default: '0s' }),
  /** The one peer that clients see; any stable peer id of an ed25519 key does. Go clients refuse what is none. */
  CLUSTER_PEER_ID: Type.String({
    pattern: '^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$',
    default: '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY',
  }),
  CLUSTER_PEER_NAME: Type.String({ minLength: 1, default: 'pickup' }),
  MAX_ORIGINS: Type.Integer({ minimum: 0, maximum: 100, default: 100 }),
  MAX_STATUS_CIDS: Type.Integer({ minimum: 1, default: 1000 }),
  MAX_HEADER_BYTES: Type.Integer({ minimum: 1024, default: 65_536 }),
  REQUEST_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 30_000 }),
  MAX_PENDING_REQUESTS: Type.Integer({ minimum: 1, default: 1_000 }),
  STREAM_STALL_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 60_000 }),
  /** The IPFS node that resolves paths and makes DAGs of files. Without it only plain CIDs and CARs can be pinned. */
  KUBO_API_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  RESOLVE_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 30_000 }),
  /** Of one request to add, with everything in it. */
  ADD_MAX_BYTES: Type.Integer({ minimum: 1, default: 33_285_996_544 }),
  ADD_STALL_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 120_000 }),
  EMPTY_LIST_STATUS: Type.Enum([200, 204], { default: 200 }),
  PSA_DEFAULT_STATUS: Type.Enum(['search', 'strict'], { default: 'search' }),
  TOKEN_CACHE_MS: Type.Integer({ minimum: 0, default: 5_000 }),
  RATE_LIMIT_PER_SECOND: Type.Integer({ minimum: 0, default: 50 }),
  RATE_LIMIT_BURST: Type.Integer({ minimum: 1, default: 500 }),
  MAX_BATCH_PINS: Type.Integer({ minimum: 1, default: 1000 }),
  MAX_WATCHERS: Type.Integer({ minimum: 1, default: 1000 }),
  WATCH_INTERVAL_MS: Type.Integer({ minimum: 1, default: 1_000 }),
  WATCH_HEARTBEAT_MS: Type.Integer({ minimum: 1, default: 15_000 }),
  MAX_CAR_DOWNLOADS: Type.Integer({ minimum: 1, default: 100 }),
  /** S3 signs no link for longer than 7 days. */
  CAR_LINK_TTL_MS: Type.Integer({ minimum: 1_000, maximum: 604_800_000, default: 900_000 }),
  S3_PUBLIC_ENDPOINT_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  /** With `{traceId}` in it: where people see the trace of a pin. */
  TRACE_URL_TEMPLATE: Type.String({ pattern: '^$|^https?://.*\\{traceId\\}', default: '' }),
  CLUSTER_IPFS_ADDR: Type.Optional(Type.String()),
  ALLOW_PRIVATE_ORIGINS: Type.Boolean({ default: false }),
})

/** Settings of the gateway, from the environment, with the users of the API. */
export type GatewayConfig = Static<typeof gatewaySettings> & {
  credentials: Credentials
  /** Given to clients of the Pinning Service API beside those of the live nodes. */
  delegates: string[]
}

/** Throws `ConfigError` that names each bad setting. */
export function readGatewayConfig(env?: NodeJS.ProcessEnv): GatewayConfig {
  const settings = readConfig(gatewaySettings, env)
  return {
    ...settings,
    credentials: readCredentials(settings),
    delegates: readConfiguredDelegates(settings.CLUSTER_IPFS_ADDR),
  }
}
