import { reasonOf } from '#deploy/terminal/reason-of.ts'
import { addCommand } from './add.ts'
import { CliError, exitCodes } from './cli-error.ts'
import type { CliDeps, Command } from './command.ts'
import { createCompletionCommand } from './completion.ts'
import { getCommand } from './get.ts'
import { formatCommandHelp, formatHelp } from './help.ts'
import { loginCommand } from './login.ts'
import { lsCommand } from './ls.ts'
import { createOutput, type Output } from './output.ts'
import { createPinningApi } from './pinning-api.ts'
import { writeProfile } from './profile.ts'
import { programs } from './programs.ts'
import { readArguments } from './read-arguments.ts'
import { receiptCommand } from './receipt.ts'
import { rmCommand } from './rm.ts'
import { findServer } from './server.ts'
import { statusCommand } from './status.ts'
import { verifyCommand } from './verify.ts'

const commands: readonly Command[] = [
  addCommand,
  lsCommand,
  statusCommand,
  rmCommand,
  receiptCommand,
  getCommand,
  verifyCommand,
  loginCommand,
  createCompletionCommand(() => commands, programs),
]

/** What a run of `pickup` has of its process. */
export type CliProcess = {
  stdin: NodeJS.ReadableStream
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  env: NodeJS.ProcessEnv
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
}

/** Runs a command that talks to a server, or to none. Resolves with the exit code, whatever happened. */
export async function runCli(
  [name = '--help', ...args]: readonly string[],
  process: CliProcess,
): Promise<number> {
  const output = createOutput({ ...process, json: args.includes('--json') })
  try {
    return await runCommand(name, args, { output, ...process })
  } catch (error) {
    output.endProgress()
    if (process.signal.aborted) return exitCodes.interrupted
    const exitCode = error instanceof CliError ? exitCodes[error.kind] : exitCodes.failed
    output.error(error instanceof CliError ? error.message : reasonOf(error), { exitCode })
    return exitCode
  }
}

async function runCommand(
  name: string,
  args: readonly string[],
  { output, env, stdin, signal }: CliProcess & { output: Output },
): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    output.raw(formatHelp(commands, programs))
    return exitCodes.ok
  }
  const command = commands.find(one => one.name === name)
  if (!command) throw new CliError('usage', `no command "${name}" ("pickup --help" shows what there is)`)
  const given = readArguments(command, args)
  if (given.values['help']) {
    output.raw(formatCommandHelp(command))
    return exitCodes.ok
  }
  const deps: CliDeps = {
    output,
    findServer: flags => findServer(flags, env),
    connect: async flags => createPinningApi(await findServer(flags, env), signal),
    saveProfile: profile => writeProfile(profile, env),
    stdin,
    signal,
  }
  return await command.run(given, deps)
}
