import { type Static, Type } from 'typebox'
import {
  carStoreSettings,
  databaseSettings,
  healthSettings,
  natsSettings,
  outboxSettings,
  readConfig,
  serviceSettings,
} from '#libs/config/index.ts'

/** Names, types and defaults; the README has what they mean. */
export const statusSettings = Type.Object({
  ...serviceSettings,
  ...healthSettings,
  ...natsSettings,
  ...databaseSettings,
  ...outboxSettings,
  ...carStoreSettings,
  EVENT_CONCURRENCY: Type.Integer({ minimum: 1, default: 16 }),
  EVENT_RETRY_MIN_MS: Type.Integer({ minimum: 1, default: 1_000 }),
  EVENT_RETRY_MAX_MS: Type.Integer({ minimum: 1, default: 300_000 }),
  EXPIRY_INTERVAL_MS: Type.Integer({ minimum: 1, default: 30_000 }),
  FOLD_INTERVAL_MS: Type.Integer({ minimum: 1, default: 5_000 }),
  RECONCILE_INTERVAL_MS: Type.Integer({ minimum: 1, default: 60_000 }),
  RECONCILE_AFTER_MS: Type.Integer({ minimum: 1, default: 1_200_000 }),
  SWEEP_INTERVAL_MS: Type.Integer({ minimum: 1, default: 300_000 }),
  SWEEP_QUIET_MS: Type.Integer({ minimum: 1, default: 1_800_000 }),
  UNPINNED_CAR_TTL_DAYS: Type.Union([Type.Number({ minimum: 0 }), Type.Literal('never')], { default: 30 }),
  UNPINNED_CAR_INTERVAL_MS: Type.Integer({ minimum: 1, default: 60_000 }),
})

/** Settings of the status updater, from the environment. */
export type StatusConfig = Static<typeof statusSettings>

/** Throws `ConfigError` that names each bad setting. */
export const readStatusConfig = (): StatusConfig => readConfig(statusSettings)

const dayMs = 24 * 3_600_000
/** At once means within this time. */
const soonMs = 1_000

/** When the CARs of unpinned contents are deleted; undefined for never. */
export function carDeletionOptions(
  config: StatusConfig,
): { graceMs: number; intervalMs: number } | undefined {
  const { UNPINNED_CAR_TTL_DAYS: days, UNPINNED_CAR_INTERVAL_MS: intervalMs } = config
  if (days === 'never') return undefined
  return { graceMs: days * dayMs, intervalMs: days === 0 ? Math.min(intervalMs, soonMs) : intervalMs }
}
