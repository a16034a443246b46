import pg from 'pg'
import type { AcceptedPin } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { getTableColumns } from './drizzle.ts'
import { contents, pins } from './schema.ts'

type Statement = {
  /** With a name Postgres parses it once for each connection, and soon keeps its plan. */
  name?: string
  /** What follows `from pins join contents`. */
  text: string
  values: unknown[]
}

/**
 * Pins with their contents by SQL as it is: where a process reads thousands of pins a second, a query builder that
 * writes the statement and maps the rows anew costs more than all else.
 */
export async function readPins(db: Database, { text, ...statement }: Statement): Promise<AcceptedPin[]> {
  const { rows } = await db.$client.query<unknown[]>({
    ...statement,
    text: `${selectAll} ${text}`,
    rowMode: 'array',
    types: { getTypeParser },
  })
  return rows.map(
    row =>
      ({
        pin: objectOf(pinKeys, row, 0),
        content: objectOf(contentKeys, row, pinKeys.length),
      }) as AcceptedPin,
  )
}

const pinColumns = getTableColumns(pins)
const contentColumns = getTableColumns(contents)
const pinKeys = Object.keys(pinColumns)
const contentKeys = Object.keys(contentColumns)
const selectAll = `select ${[
  ...Object.values(pinColumns).map(({ name }) => `pins.${name}`),
  ...Object.values(contentColumns).map(({ name }) => `contents.${name}`),
].join(', ')} from pins join contents on contents.cid = pins.cid`

function objectOf(keys: readonly string[], row: readonly unknown[], from: number): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  let at = from
  for (const key of keys) object[key] = row[at++]
  return object
}

const { INT8, TIMESTAMPTZ } = pg.types.builtins

/** As the schema has the types: times as dates, and 64 bits as a number. */
function getTypeParser(oid: number): (text: string) => unknown {
  if (oid === INT8) return Number
  if (oid === TIMESTAMPTZ) return text => new Date(text)
  return pg.types.getTypeParser(oid, 'text')
}
