import { Type } from 'typebox'
import { databaseSettings, readConfig } from '#libs/config/index.ts'
import { connectDatabase } from '#libs/db/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { personAtTerminal } from './local/person-at-terminal.ts'
import { readKept } from './local/private-file.ts'
import { type ReadyFile, readyFileIn } from './local/ready-file.ts'
import { StackError } from './local/stack-error.ts'
import { readTokenCommandLine, USAGE } from './token/command-line.ts'
import { toJson, toText } from './token/format-answer.ts'
import { runTokenCommand } from './token/run-token-command.ts'

/** Resolves with the exit code. */
async function main(): Promise<number> {
  try {
    const options = readTokenCommandLine(process.argv.slice(2))
    process.stdout.write(options ? await answerTo(options) : USAGE)
    return 0
  } catch (error) {
    const log = createLogger('token', 'info')
    if (error instanceof StackError) process.stderr.write(`${error.message}\n`)
    else log.fatal({ err: error }, 'the command failed')
    return 1
  }
}

async function answerTo(options: NonNullable<ReturnType<typeof readTokenCommandLine>>): Promise<string> {
  const { command, json, dataDir } = options
  const settings = readConfig(
    Type.Object({ ...databaseSettings, DATABASE_URL: Type.Optional(Type.String()) }),
  )
  const DATABASE_URL = settings.DATABASE_URL ?? (await databaseOf(dataDir))
  await using db = connectDatabase('token', { ...settings, DATABASE_URL }, createLogger('token', 'warn'))
  const answer = await runTokenCommand(db, command, personAtTerminal())
  return json ? toJson(answer) : toText(answer)
}

async function databaseOf(dataDir: string): Promise<string> {
  const ready = await readKept<ReadyFile>(readyFileIn(dataDir))
  if (ready) return ready.databaseUrl
  throw new StackError(
    `DATABASE_URL is not set, and no Pickup runs over ${dataDir} (--data names another folder)`,
  )
}

process.exitCode = await main()
