import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { createTemporaryFolder } from '#deploy/local/temporary-folder.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { formatReport } from './report.ts'
import { type ChaosOptions, runChaos } from './run-chaos.ts'

const usage = `Usage: npm run chaos -- [options]

Breaks a Pickup of its own, on servers of its own, while pins come in by every way; heals it, and checks that each pin
that was accepted has ended as it must. Linux only. Exit code 1 when anything is wrong.

  --seed N             of all choices (default: a new one)
  --minutes M          of faults (default 5)
  --pins P             requests made meanwhile (default 150 a minute)
  --cluster            three NATS servers, whose leaders are killed
  --faults-at-once N   (default 1)
  --settle-minutes M   how long everything may take to end after the last fault (default 5)
  --folder DIR         new folder for data, ledger and logs; it is kept (default: a temporary one, removed)
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    minutes: { type: 'string', default: '5' },
    pins: { type: 'string' },
    cluster: { type: 'boolean', default: false },
    'faults-at-once': { type: 'string', default: '1' },
    'settle-minutes': { type: 'string', default: '5' },
    folder: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

async function run(folder: string): Promise<number> {
  const minutes = Number(values.minutes)
  const options: ChaosOptions = {
    seed: Number(values.seed),
    minutes,
    pins: Number(values.pins ?? minutes * 150),
    cluster: values.cluster,
    faultsAtOnce: Number(values['faults-at-once']),
    settleTimeoutMs: Number(values['settle-minutes']) * 60_000,
    folder,
    log: createLogger('chaos', process.env['LOG_LEVEL'] ?? 'info'),
  }
  const result = await runChaos(options)
  process.stdout.write(formatReport(options, result))
  return result.violations.length === 0 ? 0 : 1
}

if (values.help) process.stdout.write(usage)
else if (values.folder) {
  await mkdir(values.folder, { mode: 0o711 })
  process.exitCode = await run(values.folder)
} else {
  await using folder = await createTemporaryFolder('pickup-chaos-')
  process.exitCode = await run(folder.path)
}
