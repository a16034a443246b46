import type { Output } from './output.ts'
import type { PinningApi } from './pinning-api.ts'
import type { Profile } from './profile.ts'
import type { KnownServer, ServerFlags } from './server.ts'

/** An option as `parseArgs` of Node has it, with what help and completion say of it. */
export type Option = {
  type: 'string' | 'boolean'
  /** May be given again. */
  multiple?: true
  short?: string
  /** Stands for the value in the help. */
  value?: string
  /** All values there are. */
  choices?: readonly string[]
  help: string
}

/** What was given, by the names of the options: flags are false and lists empty where they were not. */
export type Values<Options> = {
  [Name in keyof Options]: Options[Name] extends { type: 'boolean' }
    ? boolean
    : Options[Name] extends { multiple: true }
      ? string[]
      : string | undefined
}

/** What a command may use. Each names the parts that it needs. */
export type CliDeps = {
  output: Output
  /** The server of the flags, the environment, the profile or this machine. Throws `CliError` when there is none. */
  findServer: (flags: ServerFlags) => Promise<KnownServer>
  /** The Pinning Service API of that server. */
  connect: (flags: ServerFlags) => Promise<PinningApi>
  /** Writes the profile and resolves with its path. */
  saveProfile: (profile: Profile) => Promise<string>
  stdin: NodeJS.ReadableStream
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
}

/** The arguments of a command. */
export type Given<Options> = { values: Values<Options>; operands: string[] }

/** A command, with all that help and completion know. `run` resolves with the exit code. */
export type Command = {
  name: string
  summary: string
  /** What stands behind the name: `CID...`. */
  operands: string
  details?: string
  /** Command lines without `pickup`, and what they do. */
  examples: readonly (readonly [line: string, effect: string])[]
  options: Readonly<Record<string, Option>>
  run: (given: Given<Record<string, Option>>, deps: CliDeps) => Promise<number>
}

type Definition<Options> = Omit<Command, 'options' | 'run'> & {
  options: Options
  run: (given: Given<Options>, deps: CliDeps) => Promise<number>
}

/** Makes a command whose `run` sees the types of its own options. */
export function defineCommand<const Options extends Readonly<Record<string, Option>>>(
  definition: Definition<Options>,
): Command {
  const { run } = definition
  // The arguments are read by the same options.
  return { ...definition, run: (given, deps) => run(given as unknown as Given<Options>, deps) }
}
