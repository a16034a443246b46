import { StackError } from '../local/stack-error.ts'

export const USAGE = `Usage: npx pickup bench NAME... , or: npx pickup bench NAME -- FLAGS

Measures Pickup beside what does the same with less; docs/performance.md says what is compared. Keep the machine quiet: a
bench takes minutes to hours.

  NAME...         measures these, and writes their rows into docs/performance.md, as npm run bench -- NAME... does
  NAME -- FLAGS   measures one with sizes and numbers of runs of its own, and writes nothing, as npm run bench:NAME does.
                  The flags stand at the top of the program in test/bench
  --help          show this

Needs a checkout of Pickup in which "npm ci" has run. Exit code: 0 when it was measured, 1 when a bench failed.
`

/** Arguments of Node, or undefined where help is asked for. Throws {@link StackError} that names what is wrong. */
export function readBenchCommandLine(
  args: readonly string[],
  benches: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const names = args.slice(0, end)
  const flags = args.slice(end + 1)
  if (names.includes('--help')) return undefined
  const there = `there are ${[...benches.keys()].join(', ')}`
  const unknown = names.filter(name => !benches.has(name))
  if (unknown.length > 0) throw new StackError(`there is no bench ${unknown.join(', ')}; ${there}`)
  const [name, ...more] = names
  if (name === undefined) throw new StackError(`the name of a bench is missing; ${there}`)
  if (end === args.length) return ['test/bench/run.ts', ...names]
  if (more.length > 0) throw new StackError(`flags are those of one bench, not of ${names.join(', ')}`)
  return [...(benches.get(name) ?? []), ...flags]
}
