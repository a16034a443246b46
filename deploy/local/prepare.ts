import { prepareBackends } from '#deploy/prepare-backends.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Stack } from './stack.ts'

type PrepareOptions = {
  natsPrefix?: string
  ackWaitMs?: number
  databaseUrl?: string
}

/** Brings the servers of the stack to the state that the services expect. Runs at each start, before the services. */
export async function prepareStack(stack: Stack, log: Logger, options: PrepareOptions = {}): Promise<void> {
  const { natsPrefix = '', ackWaitMs = 120_000 } = options
  const { user, password } = stack.nats.users.provisioner
  const bus = {
    NATS_URL: stack.nats.natsUrl,
    NATS_USER: user,
    NATS_PASSWORD: password,
    NATS_PREFIX: natsPrefix,
  }
  const databaseUrl = options.databaseUrl ?? stack.postgres.databaseUrl
  await prepareBackends({ databaseUrl, bus, streams: { replicas: 1, ackWaitMs, maxDeliver: 10_000 } }, log)
}

/**
 * Prepares again whenever nats-server was restarted: its directory may have been lost, and then the services wait for
 * streams. Never ends; to be left alone.
 */
export async function prepareAfterRestarts(stack: Stack, log: Logger): Promise<never> {
  for (;;) {
    await stack.nats.child.nextRestart()
    try {
      await prepareStack(stack, log)
    } catch (err) {
      log.error({ err }, 'streams not made again: restart nats-server, or all')
    }
  }
}
