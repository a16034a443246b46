import { parseArgs } from 'node:util'
import { CliError } from './cli-error.ts'
import type { Command, Given, Option } from './command.ts'

/** Options of every command. */
export const commonOptions = {
  json: { type: 'boolean', help: 'answer in JSON, one object a line' },
  help: { type: 'boolean', short: 'h', help: 'show this' },
} as const satisfies Record<string, Option>

/** Reads what stands behind the name of a command. Throws {@link CliError} that names what is wrong. */
export function readArguments(command: Command, args: readonly string[]): Given<Record<string, Option>> {
  const options: Record<string, Option> = { ...command.options, ...commonOptions }
  const { values: given, positionals: operands } = parse(command.name, args, options)
  const values = Object.entries(options).map(([name, { type, multiple }]) => [
    name,
    given[name] ?? (type === 'boolean' ? false : multiple ? [] : undefined),
  ])
  for (const [name, { choices }] of Object.entries(options))
    for (const value of [given[name] ?? []].flat())
      if (choices && !choices.includes(String(value)))
        throw new CliError('usage', `--${name} must be one of ${choices.join(', ')}, not "${String(value)}"`)
  return { values: Object.fromEntries(values), operands }
}

function parse(name: string, args: readonly string[], options: Record<string, Option>) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliError('usage', `${reason} ("pickup ${name} --help" shows what there is)`, { cause: error })
  }
}

/** Throws {@link CliError} unless there are at least `min` and at most `max` operands. */
export function requireOperands(operands: readonly string[], what: string, { min = 1, max = 1 } = {}): void {
  if (operands.length < min) throw new CliError('usage', `${what} is missing`)
  const extra = operands[max]
  if (extra !== undefined) throw new CliError('usage', `not expected: ${extra}`)
}

/** A whole number from 1 on. Throws {@link CliError}. */
export function readCount(text: string | undefined, option: string, fallback: number): number {
  if (text === undefined) return fallback
  const count = Number(text)
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(count))
    throw new CliError('usage', `${option} must be a whole number from 1 on, not "${text}"`)
  return count
}
