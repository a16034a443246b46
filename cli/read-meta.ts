import { CliError } from './cli-error.ts'

/** Metadata of `KEY=VALUE`s. Throws {@link CliError} for one without a key. */
export function readMeta(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=')
      if (at < 1) throw new CliError('usage', `--meta must be KEY=VALUE, not "${pair}"`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
