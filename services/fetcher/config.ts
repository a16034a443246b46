import { type Static, Type } from 'typebox'
import {
  carLimits,
  carSettings,
  databaseSettings,
  healthSettings,
  jobSettings,
  natsSettings,
  outboxSettings,
  readConfig,
  serviceSettings,
  storageSettings,
} from '#libs/config/index.ts'

const milliseconds = (fallback: number) => Type.Integer({ minimum: 1, default: fallback })

/** Names, types and defaults; the README has what they mean. */
export const fetcherSettings = Type.Object({
  ...serviceSettings,
  ...healthSettings,
  ...natsSettings,
  ...databaseSettings,
  ...storageSettings,
  ...carSettings,
  ...jobSettings,
  ...outboxSettings,
  KUBO_API_URL: Type.String({ pattern: '^https?://', default: 'http://127.0.0.1:5001' }),
  KUBO_GATEWAY_URL: Type.String({ pattern: '^https?://', default: 'http://127.0.0.1:8080' }),
  CAR_SOURCE: Type.Enum(['gateway', 'dag-export'], { default: 'gateway' }),
  ALLOW_PRIVATE_ORIGINS: Type.Boolean({ default: false }),
  MAX_ORIGINS: Type.Integer({ minimum: 0, maximum: 100, default: 100 }),
  BATCH_SIZE: Type.Integer({ minimum: 1, default: 10 }),
  LOCATE_CONCURRENCY: Type.Integer({ minimum: 1, default: 2_000 }),
  LOCATE_LONG_CONCURRENCY: Type.Integer({ minimum: 1, default: 100 }),
  CONNECT_TIMEOUT_MS: milliseconds(5_000),
  LOCATE_FIRST_TIMEOUT_MS: milliseconds(3_000),
  LOCATE_TIMEOUT_MS: milliseconds(30_000),
  FETCH_TIMEOUT_MS: milliseconds(4 * 3_600_000),
  FETCH_CHUNK_TIMEOUT_MS: milliseconds(120_000),
  GC_IDLE_MS: milliseconds(60_000),
  KUBO_HIGH_WATER_PERCENT: Type.Integer({ minimum: 1, maximum: 100, default: 90 }),
  KUBO_MEASURE_INTERVAL_MS: milliseconds(5_000),
})

/** Settings of the fetcher, from the environment. */
export type FetcherConfig = Static<typeof fetcherSettings>

/** Throws `ConfigError` that names each bad setting. */
export const readFetcherConfig = (): FetcherConfig => readConfig(fetcherSettings)

export const kuboOptions = (config: FetcherConfig) => ({
  apiUrl: config.KUBO_API_URL,
  gatewayUrl: config.KUBO_GATEWAY_URL,
  carSource: config.CAR_SOURCE,
  allowPrivateOrigins: config.ALLOW_PRIVATE_ORIGINS,
})

export const transferOptions = (config: FetcherConfig) => ({
  limits: carLimits(config),
  timeoutMs: config.FETCH_TIMEOUT_MS,
  stallTimeoutMs: config.FETCH_CHUNK_TIMEOUT_MS,
})

export const fetchOptions = (config: FetcherConfig) => ({
  stagingBucket: config.STAGING_BUCKET,
  maxOrigins: config.MAX_ORIGINS,
  connectTimeoutMs: config.CONNECT_TIMEOUT_MS,
})

/** Half of the jobs held may not look for long, so that the others come to their turn. */
export const locateOptions = (config: FetcherConfig) => ({
  timeoutMs: config.LOCATE_TIMEOUT_MS,
  firstTimeoutMs: config.LOCATE_FIRST_TIMEOUT_MS,
  longLooks: Math.min(config.LOCATE_LONG_CONCURRENCY, atLeastOne(config.LOCATE_CONCURRENCY / 2)),
})

/** Enough wait to keep the slots busy; the jobs of one account must not be all that is held. */
export const transferSlotOptions = (config: FetcherConfig) => ({
  slots: config.BATCH_SIZE,
  crowd: Math.min(
    10 * config.BATCH_SIZE,
    Math.max(config.BATCH_SIZE, Math.floor(config.LOCATE_CONCURRENCY / 4)),
  ),
  maxWaiting: atLeastOne(config.LOCATE_CONCURRENCY / 2),
})

const atLeastOne = (count: number) => Math.max(1, Math.floor(count))
