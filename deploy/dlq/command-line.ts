import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { explainUsage } from '../local/explain-usage.ts'
import { defaultDataDir } from '../local/folders.ts'
import { StackError } from '../local/stack-error.ts'

export const USAGE = `Usage: npx pickup dlq COMMAND [options], or: npm run dlq -- COMMAND [options]

Dead letters: messages that no worker could settle, byte for byte and with the reason.

  list                          what there is, oldest first
  show ID                       one letter, with its message
  replay ID... | replay --all   do again what the letter asks for: a failed pin starts anew, an event is sent again
  discard ID... | discard --all remove the letter; what became of its pin stays as it is

  --consumer C  only letters of this reader, such as fetcher or status
  --code C      only letters with this failure code
  --all         every letter that the filters leave; for list without pages
  --limit N     letters in a list (default 50)
  --after ID    the list begins after this letter
  --json        answer in JSON
  --data DIR    folder of the running Pickup, where DATABASE_URL and NATS_URL are not set (default ${defaultDataDir()})

Exit code: 0 when all was done, 1 when nothing could be done, 2 when letters were left: there is no such letter, or it would only
come back.
`

export type DlqFilter = { consumer?: string | undefined; code?: string | undefined }

/** What is to be done with dead letters. An empty `ids` stands for all that the filter leaves. */
export type DlqCommand =
  | ({ kind: 'list'; after: number; limit: number | 'all' } & DlqFilter)
  | { kind: 'show'; id: number }
  | ({ kind: 'replay' | 'discard'; ids: number[] } & DlqFilter)

export type DlqCommandLine = { command: DlqCommand; json: boolean; dataDir: string }

/** Reads the arguments; undefined where help is asked for. Throws {@link StackError} that names what is wrong. */
export function readDlqCommandLine(args: readonly string[]): DlqCommandLine | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  return {
    command: commandOf(positionals, values),
    json: values.json,
    dataDir: resolve(values.data || defaultDataDir()),
  }
}

type Values = ReturnType<typeof parse>['values']

function commandOf([kind = '', ...given]: string[], values: Values): DlqCommand {
  const { consumer, code } = values
  if (consumer !== undefined && !/^[\w-]+$/.test(consumer))
    throw new StackError(`--consumer must be the name of a reader, not "${consumer}"`)
  const ids = given.map(text => wholeNumber(text, 'the ID of a letter, as list shows it,'))
  switch (kind) {
    case 'list': {
      if (given.length > 0) throw new StackError(`not expected: ${given.join(' ')}`)
      const limit = values.all ? 'all' : wholeNumber(values.limit, '--limit')
      return { kind, limit, after: wholeNumber(values.after, '--after', 0), consumer, code }
    }
    case 'show': {
      const [id, ...more] = ids
      if (id === undefined || more.length > 0) throw new StackError('show takes the ID of one letter')
      return { kind, id }
    }
    case 'replay':
    case 'discard': {
      if (values.all === ids.length > 0) throw new StackError(`${kind} takes the IDs of letters, or --all`)
      if (!values.all && (consumer ?? code) !== undefined)
        throw new StackError('--consumer and --code go with --all')
      return { kind, ids, consumer, code }
    }
    default:
      throw new StackError(
        `${kind ? `no command ${kind}` : 'a command is missing'} (--help shows what there is)`,
      )
  }
}

function wholeNumber(text: string, what: string, least = 1): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least)
    throw new StackError(`${what} must be a whole number, not "${text}"`)
  return number
}

const parse = (args: readonly string[]) =>
  explainUsage(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        consumer: { type: 'string' },
        code: { type: 'string' },
        all: { type: 'boolean', default: false },
        limit: { type: 'string', default: '50' },
        after: { type: 'string', default: '0' },
        json: { type: 'boolean', default: false },
        data: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }),
  )
