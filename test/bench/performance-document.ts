import { cellsOf, commandOf, headOf, lineOf, type Row } from './report.ts'

const begin = '<!-- Written by `npm run bench`, up to the end of this part. -->'
const end = '<!-- The end of what `npm run bench` writes. -->'
const machineHeading = 'Measured on '

type Measured = {
  rows: readonly Row[]
  machine: string
  /** As `2026-01-31`. */
  date: string
  /** Of all benches, in the order of their rows. */
  names: readonly string[]
}

/**
 * Puts new rows in the place of those of the same benches. Rows of other benches stay as they are when they were
 * measured on the same machine and servers, and else go: one table is of one machine.
 */
export function replaceRows(document: string, { rows, machine, date, names }: Measured): string {
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error('the document has no part that the benches write')
  const old = document.slice(from, to).split('\n')
  const machineLine = `${machineHeading}${machine}.`
  const isReplaced = (line: string) => rows.some(({ bench }) => line.includes(commandOf(bench)))
  const kept = old.includes(machineLine) ? rowsIn(old).filter(line => !isReplaced(line)) : []
  const order = (line: string) => names.findIndex(name => line.includes(commandOf(name)))
  const lines = [...kept, ...rows.map(row => lineOf([...cellsOf(row), date]))]
  lines.sort((one, other) => order(one) - order(other))
  const part = [
    begin,
    '',
    machineLine,
    '',
    ...tableOf('With a target:', lines.filter(hasTarget)),
    ...tableOf(
      'Without one:',
      lines.filter(line => !hasTarget(line)),
    ),
  ]
  return `${document.slice(0, from)}${part.join('\n')}\n${document.slice(to)}`
}

const rowsIn = (lines: readonly string[]) => lines.filter(line => line.includes('`npm run bench:'))

const hasTarget = (line: string) => / (met|missed) \|/.test(line)

const tableOf = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [title, '', ...headOf(['on']), ...lines, '']
