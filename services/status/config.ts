import { type Static, Type } from 'typebox'
import {
  databaseSettings,
  healthSettings,
  natsSettings,
  readConfig,
  serviceSettings,
} from '#libs/config/index.ts'

/** Names, types and defaults; the README has what they mean. */
export const statusSettings = Type.Object({
  ...serviceSettings,
  ...healthSettings,
  ...natsSettings,
  ...databaseSettings,
  EVENT_CONCURRENCY: Type.Integer({ minimum: 1, default: 4 }),
  DELIVERY_LIMIT: Type.Integer({ minimum: 1, default: 10 }),
  EVENT_RETRY_MIN_MS: Type.Integer({ minimum: 1, default: 1_000 }),
  EVENT_RETRY_MAX_MS: Type.Integer({ minimum: 1, default: 300_000 }),
})

/** Settings of the status updater, from the environment. */
export type StatusConfig = Static<typeof statusSettings>

/** Throws `ConfigError` that names each bad setting. */
export const readStatusConfig = (): StatusConfig => readConfig(statusSettings)
