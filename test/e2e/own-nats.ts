import { join } from 'node:path'
import { type RunningNats, startNats } from '#deploy/local/nats.ts'
import { createSupervisor } from '#deploy/local/supervisor.ts'
import { createLogger } from '#libs/telemetry/index.ts'

/** A nats-server of one test. It has the same address and users after a restart. */
export type OwnNats = AsyncDisposable & {
  nats: RunningNats
  /** Stops the server, lets `change` do something to the directory of JetStream, and starts the server again. */
  restart: (change: (storeDir: string) => Promise<void>) => Promise<void>
}

export async function startOwnNats(folder: string, binary: string): Promise<OwnNats> {
  await using starting = new AsyncDisposableStack()
  const supervisor = starting.use(createSupervisor(createLogger('test', 'warn')))
  const dataDir = join(folder, 'nats')
  const start = () => startNats(supervisor, { dataDir, binary, anyPrefix: true })
  const nats = await start()
  let { child } = nats
  const resources = starting.move()
  return {
    nats,
    async restart(change) {
      await child.stop()
      await change(join(dataDir, 'jetstream'))
      child = (await start()).child
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
