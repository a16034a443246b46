import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from '#libs/telemetry/index.ts'
import { type BusNames, busNames } from './names.ts'

export type BusSettings = {
  /** One URL, or several of one cluster with commas. */
  NATS_URL: string
  NATS_USER?: string
  NATS_PASSWORD?: string
  NATS_PREFIX: string
}

/** The connection of one service. Disposing sends what is buffered and closes it. */
export type Bus = AsyncDisposable & {
  connection: NatsConnection
  stream: JetStreamClient
  names: BusNames
  /** `service/instance`: shown by the server's monitoring, in dead letters and in the live view. */
  name: string
  /** Throws when the server is not reachable right now, or has refused this user a right. */
  assertReady: () => void
}

const firstConnectRetryMs = 500

/**
 * Connects for good: waits for a server that is not up yet, and reconnects for ever. A server that stops answering is
 * noticed after at most a minute (two pings of 20 s), not after the client's default of four. Rejects only when
 * `stopping` is aborted before the first connection.
 */
export async function connectBus(
  service: string,
  settings: BusSettings,
  log: Logger,
  stopping?: AbortSignal,
): Promise<Bus> {
  const name = `${service}/${randomUUID().slice(0, 8)}`
  const connection = await connectAtLast({
    servers: settings.NATS_URL.split(','),
    ...(settings.NATS_USER ? { user: settings.NATS_USER, pass: settings.NATS_PASSWORD ?? '' } : {}),
    name,
    // Who may read `_INBOX.>` reads the replies to everybody: each service has an inbox of its own.
    inboxPrefix: `_INBOX_${service}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 20_000,
    maxPingOut: 2,
    timeout: 10_000,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  })

  /** The client would wait by itself, but not stop waiting. */
  async function connectAtLast(options: ConnectionOptions): Promise<NatsConnection> {
    for (let attempts = 0; ; attempts++) {
      try {
        return await connect(options)
      } catch (err) {
        if (attempts % 20 === 0) log.warn({ err }, 'NATS is not reachable yet, will retry')
        await delay(firstConnectRetryMs, undefined, stopping && { signal: stopping })
      }
    }
  }

  let connected = true
  let refused: Error | undefined
  const watching = watchStatus()

  async function watchStatus(): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        connected = false
        log.warn({ server: status.server }, 'NATS connection lost')
      } else if (status.type === 'reconnect') {
        connected = true
        refused = undefined
        log.info({ server: status.server }, 'NATS connected again')
      } else if (status.type === 'error') {
        refused = status.error
        log.error({ err: status.error }, 'NATS refused a request')
      }
    }
  }

  return {
    connection,
    stream: jetstream(connection),
    names: busNames(settings.NATS_PREFIX),
    name,
    assertReady() {
      if (!connected) throw new Error('NATS is not connected')
      if (refused) throw refused
    },
    async [Symbol.asyncDispose]() {
      // What is buffered for a server that is away cannot be sent, and draining would wait for it.
      if (!connected) await connection.close()
      else if (!connection.isClosed()) await connection.drain()
      await watching
    },
  }
}
