import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import type { Logger } from '#libs/telemetry/index.ts'
import { type BusSettings, connectBus } from './connect-bus.ts'
import { busNames } from './names.ts'
import { consumerConfigs, type StreamSettings, streamConfigs } from './streams.ts'

/** Codes of the server for "exists with another configuration" (server/errors.json of nats-server). */
const streamDiffers = 10058
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
    await addOrUpdate(
      streamDiffers,
      () => manager.streams.add(config),
      () => manager.streams.update(config.name, config),
    )
  }
  for (const { stream, config } of consumerConfigs(settings)) {
    await addOrUpdate(
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

async function addOrUpdate(
  differs: number,
  add: () => Promise<unknown>,
  update: () => Promise<unknown>,
): Promise<void> {
  try {
    await add()
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === differs)) throw error
    await update()
  }
}
