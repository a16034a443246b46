import type { Effect } from './conversation.ts'

/**
 * The statements of a Postgres connection that change something, by the extended and the simple query protocol
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). What a transaction changes, it changes at its
 * commit.
 */
export function postgresStatements() {
  let statement = ''
  let inTransaction = false
  let about = ''
  let changes: string[] = []

  function effectOf(type: string, body: string): Effect[] {
    if (type === 'P') statement = body.split('\0')[1] ?? ''
    if (type === 'Q') return simple(body.toLowerCase())
    if (type !== 'B') return []
    const name = nameOf(statement)
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

/** `update contents: state, attempts`. Undefined for what only reads, and for the renewal of leases, which has no fixed time. */
function nameOf(statement: string): string | undefined {
  const text = statement.replaceAll('"', '').trim()
  const [, verb, table] = /^(insert into|update|delete from) (\w+)/i.exec(text) ?? []
  if (verb === undefined || text.startsWith('update jobs as job set lease_until')) return undefined
  const set = verb === 'update' ? / set (.*?)(?: where | from )/s.exec(text)?.[1] : undefined
  const columns = [...(set ?? '').matchAll(/(?:^|, )(\w+) = /g)].map(([, column]) => column)
  return `${verb} ${table}${columns.length > 0 ? `: ${columns.slice(0, 5).join(', ')}` : ''}`
}
