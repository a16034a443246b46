import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type TokenScope, tokenScopes } from '#libs/db/index.ts'
import { explainUsage } from '../local/explain-usage.ts'
import { defaultDataDir } from '../local/folders.ts'
import { StackError } from '../local/stack-error.ts'

export const USAGE = `Usage: npx pickup token COMMAND [options], or: npm run token -- COMMAND [options]

Bearer tokens of the Pinning Service API. All tokens of an account see the same pins.

  create [--account A] [--name TEXT] [--scope S ...]    make a token, and its account if it is new
  list [--account A]                                    show tokens, never their text
  revoke ID                                             refuse a token from now on
  quota --account A [--pending N] [--bytes N]           set what an account may have; "none" takes a limit away

  --account A   default "default"
  --name TEXT   what the token is for, such as the name of a machine
  --scope S     ${tokenScopes.join(', ')}; write and admin include read; default read and write
  --pending N   pins that are queued or being pinned
  --bytes N     bytes of the CARs of pinned pins
  --json        answer in JSON, one object a line
  --data DIR    folder of the running Pickup, where DATABASE_URL is not set (default ${defaultDataDir()})
`

type Quotas = { maxPendingPins?: number | null; maxPinnedBytes?: number | null }

/** What is to be done with tokens. */
export type TokenCommand =
  | { kind: 'create'; account: string; name: string; scopes: TokenScope[] }
  | { kind: 'list'; account: string | undefined }
  | { kind: 'revoke'; id: string }
  | { kind: 'quota'; account: string; quotas: Quotas }

export type TokenCommandLine = { command: TokenCommand; json: boolean; dataDir: string }

/** Reads the arguments; undefined where help is asked for. Throws {@link StackError} that names what is wrong. */
export function readTokenCommandLine(args: readonly string[]): TokenCommandLine | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  return {
    command: commandOf(positionals, values),
    json: values.json,
    dataDir: resolve(values.data || defaultDataDir()),
  }
}

type Values = ReturnType<typeof parse>['values']

function commandOf([kind = '', ...more]: string[], values: Values): TokenCommand {
  const { account } = values
  if (more.length > (kind === 'revoke' ? 1 : 0)) throw new StackError(`not expected: ${more.join(' ')}`)
  switch (kind) {
    case 'create':
      return { kind, account: account ?? 'default', name: values.name, scopes: scopesOf(values.scope) }
    case 'list':
      return { kind, account }
    case 'revoke':
      return { kind, id: required(more[0], 'the ID of a token, as list shows it') }
    case 'quota':
      return { kind, account: required(account, '--account'), quotas: quotasOf(values) }
    default:
      throw new StackError(
        `${kind ? `no command ${kind}` : 'a command is missing'} (--help shows what there is)`,
      )
  }
}

function required(value: string | undefined, what: string): string {
  if (!value) throw new StackError(`${what} is missing`)
  return value
}

const scopesOf = (given: readonly string[]): TokenScope[] =>
  given.map(text => {
    const scope = tokenScopes.find(one => one === text)
    if (!scope) throw new StackError(`--scope must be one of ${tokenScopes.join(', ')}, not "${text}"`)
    return scope
  })

function quotasOf({ pending, bytes }: Values): Quotas {
  if (pending === undefined && bytes === undefined) throw new StackError('--pending or --bytes is missing')
  return {
    ...(pending === undefined ? {} : { maxPendingPins: limitOf(pending, '--pending') }),
    ...(bytes === undefined ? {} : { maxPinnedBytes: limitOf(bytes, '--bytes') }),
  }
}

function limitOf(text: string, option: string): number | null {
  if (text === 'none') return null
  const limit = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(limit))
    throw new StackError(`${option} must be a whole number or none, not "${text}"`)
  return limit
}

const parse = (args: readonly string[]) =>
  explainUsage(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        account: { type: 'string' },
        name: { type: 'string', default: '' },
        scope: { type: 'string', multiple: true, default: ['read', 'write'] },
        pending: { type: 'string' },
        bytes: { type: 'string' },
        json: { type: 'boolean', default: false },
        data: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }),
  )
