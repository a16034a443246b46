import { Type } from 'typebox'
import { type BusSettings, connectBus, openDeadLetters, publishBody } from '#libs/bus/index.ts'
import { databaseSettings, natsSettings, readConfig } from '#libs/config/index.ts'
import { connectDatabase } from '#libs/db/index.ts'
import { discardDeadLetter, replayDeadLetter } from '#libs/dead-letters/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { readDlqCommandLine, USAGE } from './dlq/command-line.ts'
import { toJson, toText } from './dlq/format-answer.ts'
import { runDlqCommand, wasLeft } from './dlq/run-dlq-command.ts'
import { personAtTerminal } from './local/person-at-terminal.ts'
import { readKept } from './local/private-file.ts'
import { type ReadyFile, readyFileIn } from './local/ready-file.ts'
import { StackError } from './local/stack-error.ts'

const connectTimeoutMs = 10_000

/** Resolves with the exit code. */
async function main(): Promise<number> {
  try {
    const options = readDlqCommandLine(process.argv.slice(2))
    if (options) return await answer(options)
    process.stdout.write(USAGE)
    return 0
  } catch (error) {
    const log = createLogger('dlq', 'info')
    if (error instanceof StackError) process.stderr.write(`${error.message}\n`)
    else log.fatal({ err: error }, 'the command failed')
    return 1
  }
}

async function answer(options: NonNullable<ReturnType<typeof readDlqCommandLine>>): Promise<number> {
  const { command, json, dataDir } = options
  const log = createLogger('dlq', 'error')
  const settings = await readSettings(dataDir)
  await using db = connectDatabase('dlq', settings, log)
  await using bus = await connectInTime(settings, log)
  const letters = await openDeadLetters(bus)
  const deps = {
    db,
    letters,
    publish: (message: Parameters<typeof publishBody>[1]) => publishBody(bus, message),
  }
  const actor = personAtTerminal()
  const answered = await runDlqCommand(
    {
      letters,
      replay: id => replayDeadLetter(deps, id, actor),
      discard: id => discardDeadLetter(deps, id, actor),
    },
    command,
  )
  process.stdout.write(json ? toJson(answered) : toText(answered))
  return answered.kind === 'settled' && answered.results.some(wasLeft) ? 2 : 0
}

/** From the environment, or else those of the Pickup that runs over `dataDir`. */
async function readSettings(dataDir: string) {
  const schema = { ...databaseSettings, ...natsSettings, DATABASE_URL: Type.Optional(Type.String()) }
  const { DATABASE_URL, ...settings } = readConfig(Type.Object(schema))
  if (DATABASE_URL) return { ...settings, DATABASE_URL }
  const ready = await readKept<ReadyFile>(readyFileIn(dataDir))
  if (!ready)
    throw new StackError(
      `DATABASE_URL is not set, and no Pickup runs over ${dataDir} (--data names another folder)`,
    )
  const { natsUrl, users } = ready.nats
  const { user, password } = users.admin
  const nats = { NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: password, NATS_PREFIX: '' }
  return { ...settings, ...nats, DATABASE_URL: ready.databaseUrl }
}

async function connectInTime(settings: BusSettings, log: ReturnType<typeof createLogger>) {
  const overdue = AbortSignal.timeout(connectTimeoutMs)
  try {
    return await connectBus('dlq', settings, log, overdue)
  } catch (error) {
    if (!overdue.aborted) throw error
    throw new StackError(`NATS cannot be reached at ${settings.NATS_URL}`, { cause: error })
  }
}

process.exitCode = await main()
