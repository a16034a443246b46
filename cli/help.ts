import type { Command, Option } from './command.ts'
import { commonOptions } from './read-arguments.ts'

type Word = { name: string; summary: string }

/** What `pickup --help` shows. */
export const formatHelp = (commands: readonly Command[], programs: readonly Word[]): string =>
  `Usage: pickup COMMAND [options]

Pins of a Pickup server, over its Pinning Service API:
${commands.map(({ name, summary }) => formatRow(name, summary)).join('\n')}

For who runs the server; each shows what it needs with --help:
${programs.map(({ name, summary }) => formatRow(name, summary)).join('\n')}

"pickup COMMAND --help" shows options and examples.

The server is that of --url and --token, else of PICKUP_URL and PICKUP_TOKEN, else of "pickup login", else the one that
"pickup up" or "npm start" runs on this machine. With --json there is one JSON object a line, and errors are such a line
on stderr. NO_COLOR takes colours away.

Exit codes: 0 it is so; 1 a pin failed, a CAR is not valid, or something unexpected happened; 2 the command line is
wrong; 3 the server does not answer or does not let you in; 4 the server refuses: no such pin, over a limit; 130 Ctrl-C.
`

/** What `pickup COMMAND --help` shows. */
export function formatCommandHelp({ name, summary, operands, details, examples, options }: Command): string {
  const rows = Object.entries<Option>({ ...options, ...commonOptions }).map(([option, about]) =>
    formatRow(formatOption(option, about), helpOf(about), 29),
  )
  return [
    `Usage: pickup ${name} ${operands === '' ? '' : `${operands} `}[options]`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.${details === undefined ? '' : `\n${details}`}`,
    '',
    ...rows,
    '',
    'Examples:',
    ...examples.flatMap(([line, effect]) => [`  pickup ${line}`, `      ${effect}`]),
    '',
  ].join('\n')
}

const formatRow = (name: string, text: string, width = 12) => `  ${name.padEnd(width)} ${text}`

const formatOption = (name: string, { short, value }: Option) =>
  `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`

const helpOf = ({ help, choices, multiple }: Option) =>
  [help, choices && `: ${choices.join(', ')}`, multiple && '; may be repeated'].filter(Boolean).join('')
