import pg from 'pg'
import type { Database } from './connect-database.ts'
import { getTableColumns } from './drizzle.ts'
import { contents, pins } from './schema.ts'

type Statement = {
  /** With a name Postgres parses it once for each connection, and soon keeps its plan. */
  name?: string
  /** What follows the tables. */
  text: string
  values: unknown[]
}

const pinKeys = [
  'cid',
  'sentCid',
  'name',
  'meta',
  'origins',
  'options',
  'createdAt',
  'expiresAt',
] as const satisfies (keyof typeof pins.$inferSelect)[]

const contentKeys = [
  'cid',
  'state',
  'attempts',
  'failureCode',
  'failureMessage',
  'missingCids',
  'carCid',
  'carBucket',
  'carKey',
  'carBytes',
  'blocks',
  'dagBytes',
  'rawBytes',
  'verifiedAt',
  'indexedAt',
  'changedAt',
] as const satisfies (keyof typeof contents.$inferSelect)[]

/** What the ipfs-cluster API shows of a pin and its content. A list of a million pins feels every column more. */
export type ClusterPin = {
  pin: Pick<typeof pins.$inferSelect, (typeof pinKeys)[number]>
  content: Pick<typeof contents.$inferSelect, (typeof contentKeys)[number]>
}

const pinColumns = pinKeys.map(key => `pins.${getTableColumns(pins)[key].name}`)
const contentColumns = contentKeys.map(key => `contents.${getTableColumns(contents)[key].name}`)

const selectBoth = `select ${[...pinColumns, ...contentColumns].join(', ')}
  from pins join contents on contents.cid = pins.cid`
const selectPins = `select ${pinColumns.join(', ')} from pins`

/** Pins with their contents. */
export async function readPins(db: Database, statement: Statement): Promise<ClusterPin[]> {
  const rows = await readRows(db, selectBoth, statement)
  return rows.map(
    row =>
      ({ pin: objectOf(pinKeys, row, 0), content: objectOf(contentKeys, row, pinKeys.length) }) as ClusterPin,
  )
}

/** Pins alone. */
export async function readBarePins(db: Database, statement: Statement): Promise<Pick<ClusterPin, 'pin'>[]> {
  const rows = await readRows(db, selectPins, statement)
  return rows.map(row => ({ pin: objectOf(pinKeys, row, 0) }) as Pick<ClusterPin, 'pin'>)
}

/**
 * By SQL as it is: where a process reads thousands of pins a second, a query builder that writes the statement and maps
 * the rows anew costs more than all else.
 */
async function readRows(
  db: Database,
  select: string,
  { text, ...statement }: Statement,
): Promise<unknown[][]> {
  const query = {
    ...statement,
    text: `${select} ${text}`,
    rowMode: 'array' as const,
    types: { getTypeParser },
  }
  return (await db.$client.query<unknown[]>(query)).rows
}

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
