import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import { createTemporaryFolder } from '../local/temporary-folder.ts'
import { formatDuration } from '../terminal/human-units.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { CommandLine } from './command-line.ts'
import { createExtraNodes } from './extra-nodes.ts'
import { takeIndexerMessage } from './indexer-message.ts'
import { findPickup, type Pickup, startPickup } from './open-pickup.ts'
import { pinAndWatch } from './pin-and-watch.ts'
import { proveCar } from './prove-car.ts'
import { provideSample } from './provide-sample.ts'

type Deps = {
  terminal: Terminal
  log: Logger
  /** Gets the lines that services started for the demo print. */
  printLine: (service: string, line: string) => void
  signal: AbortSignal
}

/** The whole demo. Everything that it started is stopped and removed before it returns or throws. */
export async function runDemo(options: CommandLine, deps: Deps): Promise<void> {
  const { terminal, log, signal } = deps
  await using folder = await createTemporaryFolder('pickup-demo-')
  await using pickup = await openPickup(options, folder.path, deps)
  const { access } = pickup
  await using nodes = await createExtraNodes(folder.path, log, signal)

  const sample = options.cid
    ? undefined
    : await provideSample({ nodes, access, mib: options.sampleMib, terminal, signal })
  const pin = sample
    ? { cid: sample.cid, name: 'demo sample', origins: sample.multiaddrs }
    : { cid: options.cid ?? '', name: 'demo', origins: [] }
  const { receipt, wasPinned } = await pinAndWatch(access, pin, { terminal, signal })

  const file = join(folder.path, 'downloaded.car')
  await proveCar({ receipt, sample, file, nodes, access, terminal, signal })

  terminal.step('The message to the indexer')
  if (wasPinned && receipt.indexed_at)
    terminal.check(`sent when this CID was first pinned, at ${receipt.indexed_at}`)
  else terminal.check(`in the queue: ${await takeIndexerMessage(access, receipt.key, signal)}`)

  terminal.step('Cleaning up')
  if (!pickup.isOwn) terminal.line('the running Pickup is left running, and keeps what was pinned')
}

async function openPickup(options: CommandLine, folder: string, deps: Deps): Promise<Pickup> {
  const { terminal, log, printLine, signal } = deps
  const isolated = options.isolated || options.cid === undefined
  terminal.step('Pickup')
  const running = options.isolated ? undefined : await findPickup(options.dataDir)
  if (running) {
    terminal.check(`runs already: ${running.access.gatewayUrl}`)
    return running
  }
  const dataDir = isolated ? join(folder, 'data') : options.dataDir
  terminal.line(`starting it in ${dataDir}${isolated ? ', without any network' : ''}`)
  const startedAtMs = performance.now()
  const own = await startPickup({ dataDir, isolated, log, printLine, signal })
  const { gatewayUrl, processes } = own.access
  const elapsed = formatDuration(performance.now() - startedAtMs)
  terminal.check(`${processes.length} processes are ready after ${elapsed}: ${gatewayUrl}`)
  return own
}
