import { type Static, Type } from 'typebox'
import {
  databaseSettings,
  healthSettings,
  natsSettings,
  readConfig,
  serviceSettings,
} from '#libs/config/index.ts'

/** Names, types and defaults; the README has what they mean. */
export const indexerBridgeSettings = Type.Object({
  ...serviceSettings,
  ...healthSettings,
  ...natsSettings,
  ...databaseSettings,
  AWS_REGION: Type.String({ default: 'us-east-1' }),
  INDEXER_QUEUE_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  EVENT_CONCURRENCY: Type.Integer({ minimum: 1, default: 16 }),
  EVENT_RETRY_MIN_MS: Type.Integer({ minimum: 1, default: 1_000 }),
  EVENT_RETRY_MAX_MS: Type.Integer({ minimum: 1, default: 300_000 }),
})

/** Settings of the indexer bridge, from the environment. */
export type IndexerBridgeConfig = Static<typeof indexerBridgeSettings>

/** Throws `ConfigError` that names each bad setting. */
export const readIndexerBridgeConfig = (): IndexerBridgeConfig => readConfig(indexerBridgeSettings)
