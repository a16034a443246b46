import { type Static, type TProperties, Type } from 'typebox'

const milliseconds = (fallback: number) => Type.Integer({ minimum: 1, default: fallback })
const megabyte = 1024 ** 2

/** Settings of every service. */
export const serviceSettings = {
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { default: 'info' }),
  HOST: Type.String({ default: '127.0.0.1' }),
  SHUTDOWN_TIMEOUT_MS: milliseconds(25_000),
}

/** Settings of services without an API: the port of `/health/live` and `/health/ready`. 0 takes any free port. */
export const healthSettings = {
  HEALTH_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0 }),
}

/** Where NATS is, and as whom. */
export const natsSettings = {
  NATS_URL: Type.String({ default: 'nats://127.0.0.1:4222' }),
  NATS_USER: Type.Optional(Type.String()),
  NATS_PASSWORD: Type.Optional(Type.String()),
  NATS_PREFIX: Type.String({ default: '', pattern: '^[a-zA-Z0-9-]*$' }),
}

/** Where Postgres is. */
export const databaseSettings = {
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://' }),
  DATABASE_MAX_CONNECTIONS: Type.Integer({ minimum: 1, default: 10 }),
  DATABASE_QUERY_TIMEOUT_MS: milliseconds(10_000),
}

/** Where the S3 store is, and where checked CARs lie in it. As whom it is asked comes from the AWS SDK's own variables. */
export const carStoreSettings = {
  AWS_REGION: Type.String({ default: 'us-east-1' }),
  AWS_ENDPOINT_URL_S3: Type.Optional(Type.String()),
  S3_FORCE_PATH_STYLE: Type.Boolean({ default: false }),
  CAR_BUCKET: Type.String({ minLength: 1, default: 'cars' }),
}

/** How CARs are written to the store and read from it. */
export const storageSettings = {
  ...carStoreSettings,
  S3_CHECKSUMS: Type.Enum(['when-required', 'when-supported'], { default: 'when-required' }),
  S3_REQUEST_TIMEOUT_MS: milliseconds(120_000),
  STAGING_BUCKET: Type.String({ minLength: 1, default: 'staging' }),
  S3_PART_BYTES: Type.Integer({ minimum: 5 * megabyte, maximum: 1024 * megabyte, default: 8 * megabyte }),
  S3_PARTS_IN_FLIGHT: Type.Integer({ minimum: 1, maximum: 64, default: 4 }),
  S3_MAX_BUFFERS: Type.Integer({ minimum: 1, default: 16 }),
}

/** The limits of what is stored. */
export const carSettings = {
  MAX_CAR_BYTES: Type.Integer({ minimum: 1, default: 33_285_996_544 }),
  MAX_BLOCK_BYTES: Type.Integer({ minimum: 1, default: 2 * megabyte }),
  MAX_BLOCKS: Type.Integer({ minimum: 1, default: 50_000_000 }),
}

/** Rows that another process left in the outbox are looked for this often; own rows go out at once. */
export const outboxSettings = {
  OUTBOX_POLL_MS: milliseconds(2_000),
}

/** When a message goes to another worker, and how often. Part of the consumers in NATS, so set where these are made. */
export const deliverySettings = {
  ACK_WAIT_MS: milliseconds(120_000),
  // The last three are for giving a message up, so that fewer than four would leave none for its work.
  MAX_DELIVER: Type.Integer({ minimum: 4, default: 10_000 }),
}

/** How long jobs are held and how often they are tried. */
export const jobSettings = {
  HEARTBEAT_MS: milliseconds(30_000),
  LEASE_MS: milliseconds(180_000),
  FAILURE_LIMIT: Type.Integer({ minimum: 1, default: 5 }),
  OUTAGE_LIMIT: Type.Integer({ minimum: 1, default: 30 }),
  DELIVERY_LIMIT: Type.Integer({ minimum: 1, default: 10 }),
  RETRY_MIN_MS: milliseconds(5_000),
  RETRY_MAX_MS: milliseconds(600_000),
  PROGRESS_INTERVAL_MS: milliseconds(1_000),
}

type SettingsOf<Properties extends TProperties> = Static<ReturnType<typeof Type.Object<Properties>>>

/** Where the store is, as `connectStorage` of libs/storage takes it. */
export const carStoreOptions = (settings: SettingsOf<typeof carStoreSettings>) => ({
  region: settings.AWS_REGION,
  ...(settings.AWS_ENDPOINT_URL_S3 ? { endpoint: settings.AWS_ENDPOINT_URL_S3 } : {}),
  forcePathStyle: settings.S3_FORCE_PATH_STYLE,
})

/** All settings of the store, as `connectStorage` of libs/storage takes them. */
export const storageOptions = (settings: SettingsOf<typeof storageSettings>) => ({
  ...carStoreOptions(settings),
  requestChecksums: settings.S3_CHECKSUMS,
  requestTimeoutMs: settings.S3_REQUEST_TIMEOUT_MS,
  partBytes: settings.S3_PART_BYTES,
  partsInFlight: settings.S3_PARTS_IN_FLIGHT,
  maxBuffers: settings.S3_MAX_BUFFERS,
})

/** The limits, as the scanner of libs/car takes them. */
export const carLimits = (settings: SettingsOf<typeof carSettings>) => ({
  maxCarBytes: settings.MAX_CAR_BYTES,
  maxBlockBytes: settings.MAX_BLOCK_BYTES,
  maxBlocks: settings.MAX_BLOCKS,
})

/** How jobs are worked on, as `workOnJobs` of libs/bus takes it. */
export const workerSettings = (settings: SettingsOf<typeof jobSettings>, slots: number) => ({
  slots,
  heartbeatMs: settings.HEARTBEAT_MS,
  leaseMs: settings.LEASE_MS,
  failureLimit: settings.FAILURE_LIMIT,
  outageLimit: settings.OUTAGE_LIMIT,
  deliveryLimit: settings.DELIVERY_LIMIT,
  retryMinMs: settings.RETRY_MIN_MS,
  retryMaxMs: settings.RETRY_MAX_MS,
})
