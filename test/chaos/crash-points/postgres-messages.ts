import type { Effect } from './conversation.ts'

/**
 * The statements of a Postgres connection that change something, by the extended and the simple query protocol
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). What a transaction changes, it changes at its
 * commit.
 */
export function postgresStatements() {
  /** By their names: what is prepared is only sent once. */
  const statements = new Map<string, string>()
  let inTransaction = false
  let about = ''
  let changes: string[] = []

  function effectOf(type: string, body: string): Effect[] {
    const [first = '', second = ''] = body.split('\0')
    if (type === 'P') statements.set(first, second)
    if (type === 'Q') return simple(body.toLowerCase())
    if (type !== 'B') return []
    const name = nameOf(statements.get(second) ?? '')
    if (!inTransaction) return name === undefined ? [] : [{ name, about: body }]
    about += body
    if (name !== undefined) changes.push(name)
    return []
  }

  function simple(query: string): Effect[] {
    if (query.startsWith('begin')) {
      inTransaction = true
      about = ''
      changes = []
    }
    if (!/^(?:commit|rollback)/.test(query)) return []
    inTransaction = false
    return query.startsWith('commit') ? [{ name: `commit (${changes.join('; ')})`, about }] : []
  }

  return {
    effectsOf(bytes: Buffer): Effect[] {
      const effects: Effect[] = []
      for (let at = 0; at + 5 <= bytes.length; ) {
        const lengthBytes = bytes.readUInt32BE(at + 1)
        if (lengthBytes < 4 || at + 1 + lengthBytes > bytes.length) return effects
        const body = bytes.toString('latin1', at + 5, at + 1 + lengthBytes)
        effects.push(...effectOf(String.fromCharCode(bytes[at] ?? 0), body))
        at += 1 + lengthBytes
      }
      return effects
    },
  }
}

/**
 * Such as `update contents: state, attempts`, or all of them when one statement does several. Undefined for what only reads,
 * and for the renewal of leases, which has no fixed time.
 */
function nameOf(statement: string): string | undefined {
  const text = statement.replaceAll('"', '').trim()
  if (text.startsWith('update jobs as job set lease_until')) return undefined
  const changes = text.matchAll(text.startsWith('with ') ? changing : changingFirst)
  const names = [...changes].map(([, verb, table, set]) => `${verb} ${table}${columnsOf(set)}`)
  return names.length === 0 ? undefined : names.join('; ')
}

const changing =
  /(?<!for |do )\b(insert into|update|delete from) (\w+)(?: (?:as \w+ )?set (.*?)(?: where | from ))?/gis
const changingFirst = new RegExp(`^${changing.source}`, 'gis')

/** The first of the columns that `set` changes. */
function columnsOf(set = ''): string {
  const columns = [...set.matchAll(/(?:^|, )(\w+) = /g)].map(([, column]) => column)
  return columns.length > 0 ? `: ${columns.slice(0, 5).join(', ')}` : ''
}
