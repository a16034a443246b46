import { type BusSettings, provisionStreams, type StreamSettings } from '#libs/bus/index.ts'
import { migrateDatabase } from '#libs/db/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'

type Backends = {
  databaseUrl: string
  /** A user that may create streams and consumers. */
  bus: BusSettings
  streams: Omit<StreamSettings, 'prefix'>
}

/**
 * Brings Postgres to the newest schema and NATS to the streams and consumers that the services bind to. Run before
 * the services of a new version start; safe to repeat.
 */
export async function prepareBackends({ databaseUrl, bus, streams }: Backends, log: Logger): Promise<void> {
  await Promise.all([
    migrateDatabase(databaseUrl),
    provisionStreams(bus, { ...streams, prefix: bus.NATS_PREFIX }, log),
  ])
}
