import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import type { Logger } from '#libs/telemetry/index.ts'
import { type BusSettings, connectBus } from './connect-bus.ts'
import { busNames } from './names.ts'
import { consumerConfigs, type StreamSettings, streamConfigs } from './streams.ts'

/** Code of the server for "exists with another configuration" (server/errors.json of nats-server). */
const consumerDiffers = 10148

/** Live progress is worth little once it is old; a job that says nothing for this long disappears from the view. */
const liveTtlMs = 60_000

/**
 * Creates or updates the streams, consumers and the LIVE bucket. Run by the deployment, not by the services: these
 * only bind to what exists. Repeating it with the same settings changes nothing.
 */
export async function provisionStreams(
  as: BusSettings,
  settings: StreamSettings,
  log: Logger,
): Promise<void> {
  await using bus = await connectBus('provisioner', as, log)
  const manager = await jetstreamManager(bus.connection)
  for (const config of streamConfigs(settings)) {
    // Not the other way round: to add what exists, the server wants free storage for it once more.
    await otherwise(
      JetStreamApiCodes.StreamNotFound,
      () => manager.streams.update(config.name, config),
      () => manager.streams.add(config),
    )
  }
  for (const { stream, config } of consumerConfigs(settings)) {
    await otherwise(
      consumerDiffers,
      () => manager.consumers.add(stream, config),
      () => manager.consumers.update(stream, config.durable_name, config),
    )
  }
  await createLiveBucket(manager, settings)
}

async function createLiveBucket(
  manager: JetStreamManager,
  { prefix, replicas }: StreamSettings,
): Promise<void> {
  const bucket = busNames(prefix).bucket('LIVE')
  const maxBytes = 64 * 1024 ** 2
  await new Kvm(manager.jetstream()).create(bucket, {
    replicas,
    ttl: liveTtlMs,
    history: 1,
    max_bytes: maxBytes,
  })
}

/** Does the one, or, when the server answers with `code`, the other. */
async function otherwise(
  code: number,
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<void> {
  try {
    await one()
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === code)) throw error
    await other()
  }
}
