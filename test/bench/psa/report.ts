import type { BurstRow } from './measure-burst.ts'
import type { LatencyRow } from './measure-latency.ts'
import type { ListRow } from './measure-lists.ts'

export type Results = { latency: LatencyRow[]; lists: ListRow[]; burst: BurstRow[] }

/** Each kind as a table for people, and all as one line of JSON for programs. */
export function report(results: Results): string {
  const tables = Object.values(results)
    .filter(rows => rows.length > 0)
    .map(rows => table(rows.map(row => ({ ...row }))))
  return `${tables.join('\n')}\n${JSON.stringify({ bench: 'psa', ...results })}\n`
}

function table(rows: readonly Record<string, string | number>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map(row => columns.map(column => format(row[column])))]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => line[i]?.length ?? 0)))
  return lines.map(line => `${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`).join('')
}

function format(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? ''
  return value < 100 && !Number.isInteger(value) ? value.toPrecision(3) : Math.round(value).toString()
}
