import { connectDatabase } from '#libs/db/index.ts'
import { connectKubo } from '#libs/ipfs/index.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { type DoctorOptions, readDoctorCommandLine, USAGE } from './doctor/command-line.ts'
import { examine, type Reported } from './doctor/examine.ts'
import { readPlaces } from './doctor/settings.ts'
import { StackError } from './local/stack-error.ts'

const log = createLogger('doctor', 'warn')
const print = (line: string) => void process.stdout.write(`${line}\n`)

/** Resolves with the exit code. */
async function main(): Promise<number> {
  try {
    const options = readDoctorCommandLine(process.argv.slice(2))
    if (options) return await run(options)
    process.stdout.write(USAGE)
    return 0
  } catch (error) {
    if (error instanceof StackError) process.stderr.write(`${error.message}\n`)
    else log.fatal({ err: error }, 'the examination failed')
    return 2
  }
}

async function run({ repair, json, graceMs, dataDir }: DoctorOptions): Promise<number> {
  const { database, store, stagingBucket, carBucket, kuboApiUrl } = await readPlaces(dataDir)
  await using db = connectDatabase('doctor', database, log)
  await using storage = connectStorage({ ...store, log })
  await using source = kuboApiUrl
    ? connectKubo({ apiUrl: kuboApiUrl, gatewayUrl: kuboApiUrl, allowPrivateOrigins: false, log })
    : null
  const examined = { db, storage, stagingBucket, carBucket, source: source ?? undefined, graceMs }
  const report = (finding: Reported) => print(json ? JSON.stringify(finding) : lineOf(finding))
  const summary = await examine(examined, { repair, report })
  const { found, repaired } = summary
  print(json ? JSON.stringify(summary) : `${found} found, ${repaired} repaired`)
  return found === repaired ? 0 : 1
}

const lineOf = ({ check, subject, detail, repaired }: Reported) =>
  `${repaired ? 'repaired' : 'found'} ${check} ${subject}: ${detail}`

process.exitCode = await main()
