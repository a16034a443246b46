import { type Static, Type } from 'typebox'
import {
  databaseSettings,
  natsSettings,
  outboxSettings,
  readConfig,
  serviceSettings,
} from '#libs/config/index.ts'

/** Names, types and defaults; the README has what they mean. */
export const gatewaySettings = Type.Object({
  ...serviceSettings,
  ...natsSettings,
  ...databaseSettings,
  ...outboxSettings,
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 9094 }),
  /** Base64 of `user:password`, as the old pickup had it. Without it the API is open. */
  CLUSTER_BASIC_AUTH_TOKEN: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$' })),
  /** The one peer that clients see; any stable peer id does. */
  CLUSTER_PEER_ID: Type.String({ default: '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY' }),
  CLUSTER_PEER_NAME: Type.String({ minLength: 1, default: 'pickup' }),
  MAX_ORIGINS: Type.Integer({ minimum: 0, maximum: 1000, default: 100 }),
  MAX_STATUS_CIDS: Type.Integer({ minimum: 1, default: 1000 }),
  MAX_HEADER_BYTES: Type.Integer({ minimum: 1024, default: 65_536 }),
  REQUEST_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 30_000 }),
})

/** Settings of the gateway, from the environment. */
export type GatewayConfig = Static<typeof gatewaySettings>

/** Throws `ConfigError` that names each bad setting. */
export const readGatewayConfig = (): GatewayConfig => readConfig(gatewaySettings)
