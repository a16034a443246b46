import { randomBytes } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { createLogger } from '#libs/telemetry/index.ts'
import { type Bus, type BusSettings, connectBus } from '../connect-bus.ts'
import { provisionStreams } from '../provision.ts'
import type { ConsumerName, StreamSettings } from '../streams.ts'

/** The users of the shared nats-server: one per service, and those of the deployment. */
export type TestUser = ConsumerName | 'gateway' | 'provisioner' | 'admin' | 'producer'

type Credentials = { user: string; password: string }

/** An installation of its own on the shared nats-server. Disposing removes its streams. */
export type TestBus = AsyncDisposable & {
  settings: StreamSettings
  /** How `user` connects. */
  access: (user: TestUser) => BusSettings
  /** A connection with the rights of `user`. The caller disposes it. */
  connect: (user: TestUser) => Promise<Bus>
  /** A connection with all rights, for looking at what the server holds. */
  admin: Bus
}

export const silent = createLogger('test', 'silent')

/** Provisions streams and consumers under a random prefix. `PICKUP_TEST_SERVERS` names the server. */
export async function startTestBus(settings: Partial<StreamSettings> = {}): Promise<TestBus> {
  await using starting = new AsyncDisposableStack()
  const bus = starting.use(await connectTestBus(settings))
  await provisionStreams(bus.access('provisioner'), bus.settings, silent)
  starting.move()
  return bus
}

/** Like {@link startTestBus}, before anything was provisioned. */
export async function connectTestBus(settings: Partial<StreamSettings> = {}): Promise<TestBus> {
  const { nats } = JSON.parse(process.env['PICKUP_TEST_SERVERS'] ?? 'null') as {
    nats: { natsUrl: string; users: Record<TestUser, Credentials> }
  }
  const prefix = `b${randomBytes(4).toString('hex')}`
  const access = (user: TestUser): BusSettings => ({
    NATS_URL: nats.natsUrl,
    NATS_USER: nats.users[user].user,
    NATS_PASSWORD: nats.users[user].password,
    NATS_PREFIX: prefix,
  })
  const connect = (user: TestUser) => connectBus(user, access(user), silent)
  const admin = await connect('admin')
  return {
    settings: { prefix, replicas: 1, ackWaitMs: 1_000, maxDeliver: 10_000, ...settings },
    access,
    connect,
    admin,
    async [Symbol.asyncDispose]() {
      await removeStreams(admin.connection, prefix)
      await admin[Symbol.asyncDispose]()
    },
  }
}

/**
 * Removes the streams of an installation. Their size limits are reserved on the server: a few installations that
 * stay would use up what it has.
 */
export async function removeStreams(connection: NatsConnection, prefix: string): Promise<void> {
  const { streams } = await jetstreamManager(connection)
  for await (const { config } of streams.list())
    if (config.name.startsWith(`${prefix}_`) || config.name.startsWith(`KV_${prefix}_`))
      await streams.delete(config.name)
}
