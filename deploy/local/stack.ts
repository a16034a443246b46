import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import { lockData } from './data-lock.ts'
import { findServers, type ServerBinaries } from './find-servers.ts'
import { type RunningKubo, startKubo } from './kubo.ts'
import { type RunningNats, startNats } from './nats.ts'
import { type RunningPostgres, startPostgres } from './postgres.ts'
import { type RunningS3, startS3 } from './s3.ts'
import { type RunningSqs, startSqs } from './sqs.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

/** The servers behind Pickup, running and ready. Disposing stops them and whatever else its supervisor was given. */
export type Stack = AsyncDisposable & {
  postgres: RunningPostgres
  nats: RunningNats
  s3: RunningS3
  kubo: RunningKubo
  sqs: RunningSqs
  /** No traffic beyond loopback. */
  isolated: boolean
  /** Starts more processes that live as long as the stack: services, further IPFS nodes. */
  supervisor: Supervisor
  binaries: ServerBinaries
}

export type StackOptions = {
  /** Everything that must survive a restart. With root, Postgres' own user must be able to enter it. */
  dataDir: string
  /** No traffic beyond loopback: the IPFS node has no routing and no bootstrap peers. For tests. */
  isolated?: boolean
  /** NATS users may use the subjects and streams of any prefix, instead of those without one. For tests. */
  anyPrefix?: boolean
  log: Logger
  /** Gives up a start that is under way. */
  signal?: AbortSignal
}

/** Starts all servers at once; at the first start with new data, ports and secrets, later with the same ones. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, isolated = false, anyPrefix = false, log, signal } = options
  const binaries = await findServers(log, signal)
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  await using starting = new AsyncDisposableStack()
  let lock: AsyncDisposable | undefined
  starting.defer(async () => await lock?.[Symbol.asyncDispose]())
  const supervisor = starting.use(createSupervisor(log, signal))
  lock = await lockData(dataDir, supervisor.guardPid, log)
  const folder = (name: string) => join(dataDir, name)
  const [postgres, nats, s3, kubo, sqs] = await Promise.all([
    startPostgres(supervisor, { dataDir: folder('postgres') }),
    startNats(supervisor, { dataDir: folder('nats'), binary: binaries.nats, anyPrefix }),
    startS3(supervisor, { dataDir: folder('s3'), binary: binaries.versitygw }),
    startKubo(supervisor, { dataDir: folder('kubo'), binary: binaries.kubo, isolated }),
    startSqs(supervisor, { dataDir: folder('sqs') }),
  ])
  const started = starting.move()
  return {
    postgres,
    nats,
    s3,
    kubo,
    sqs,
    isolated,
    supervisor,
    binaries,
    [Symbol.asyncDispose]: async () => await started.disposeAsync(),
  }
}
