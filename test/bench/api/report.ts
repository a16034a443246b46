/** One measurement: the same columns for every server. */
export type Row = {
  server: 'pickup' | 'ipfs-cluster'
  work: string
  perSecond?: number
  p50Ms?: number
  p99Ms?: number
  firstByteMs?: number
  peakMib?: number
  /** CPU time of the answering process for one request or object. Ours does not include Postgres. */
  cpuMs?: number
  /** Answers that were no 200. */
  refused?: number
  /** Accepted pins that were gone after a kill. */
  lost?: number
}

const columns = [
  'server',
  'work',
  'perSecond',
  'p50Ms',
  'p99Ms',
  'firstByteMs',
  'peakMib',
  'cpuMs',
  'refused',
  'lost',
] as const

/** The rows as a table for people, and as one line of JSON for programs. */
export function report(rows: readonly Row[]): string {
  const cells = rows.map(row => columns.map(column => format(row[column])))
  const all = [columns.map(String), ...cells]
  const widths = columns.map((_, i) => Math.max(...all.map(line => line[i]?.length ?? 0)))
  const lines = all.map(line =>
    line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
  return `${lines.join('\n')}\n${JSON.stringify({ bench: 'api', rows })}\n`
}

function format(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? ''
  return value < 100 && !Number.isInteger(value) ? value.toPrecision(3) : Math.round(value).toString()
}
