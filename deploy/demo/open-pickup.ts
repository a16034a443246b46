import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import { expectOk } from '../local/loopback-http.ts'
import { prepareStack } from '../local/prepare.ts'
import { readKept } from '../local/private-file.ts'
import { describeStack, type ReadyFile, readyFileIn } from '../local/ready-file.ts'
import { startServices } from '../local/services.ts'
import { startStack } from '../local/stack.ts'

/** Addresses and credentials of a Pickup with all its services. */
export type PickupAccess = Required<ReadyFile>

/** A Pickup to work with. Disposing stops it if it was started here, and else leaves it as it is. */
export type Pickup = AsyncDisposable & { access: PickupAccess; isOwn: boolean }

/** Settings of services started for the demo, where the environment has none: what they tell is to be seen. */
const DEMO_SETTINGS = { LOG_LEVEL: 'warn', PROGRESS_INTERVAL_MS: '200' }

/** The Pickup that `npm start` runs over this data folder; undefined when none answers. */
export async function findPickup(dataDir: string): Promise<Pickup | undefined> {
  const access = await readKept<ReadyFile>(readyFileIn(dataDir))
  if (!hasServices(access) || !(await answers(access))) return undefined
  return { access, isOwn: false, [Symbol.asyncDispose]: async () => undefined }
}

function hasServices(access: ReadyFile | undefined): access is PickupAccess {
  return access?.gatewayUrl !== undefined && access.clusterBasicAuth !== undefined
}

/** A killed run leaves its file behind: what counts is an answer to its credentials. */
async function answers({ gatewayUrl, clusterBasicAuth, s3 }: PickupAccess): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(clusterBasicAuth).toString('base64')}`
  // The route answers for any CID, one that was never pinned included.
  const probe = `${gatewayUrl}/pins/bafkqaaa`
  return await Promise.all([
    expectOk(probe, { headers: { authorization } }),
    expectOk(`${s3.endpoint}/health`),
  ]).then(
    () => true,
    () => false,
  )
}

type StartOptions = {
  dataDir: string
  /** No traffic beyond this machine. */
  isolated: boolean
  log: Logger
  /** Gets the lines the services print. */
  printLine: (service: string, line: string) => void
  signal: AbortSignal
}

/** Starts the servers and the services. */
export async function startPickup(options: StartOptions): Promise<Pickup> {
  const { dataDir, isolated, log, printLine, signal } = options
  await using starting = new AsyncDisposableStack()
  const stack = starting.use(await startStack({ dataDir, isolated, log, signal }))
  await prepareStack(stack, log)
  const services = await startServices(stack, {
    dataDir: join(dataDir, 'services'),
    gatewayPort: 0,
    settings: DEMO_SETTINGS,
    log,
    printLine,
  })
  const started = starting.move()
  return {
    access: { ...describeStack(stack, services), ...services },
    isOwn: true,
    [Symbol.asyncDispose]: async () => await started.disposeAsync(),
  }
}
