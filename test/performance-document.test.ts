import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replaceRows } from './bench/performance-document.ts'
import { compare, measured, type Row } from './bench/report.ts'

const timeout = 5_000
const empty = `# Title

<!-- Written by \`npm run bench\`, up to the end of this part. -->
<!-- The end of what \`npm run bench\` writes. -->

Text below.
`
const names = ['pin', 'start', 'psa']
const on = (date: string, machine = 'a machine') => ({ date, machine, names })

const pin = (seconds: number): Row =>
  compare(
    { bench: 'pin', work: 'pin a file', target: { atLeast: 2 } },
    'the old way',
    [{ pickup: { 'MB/s': 10 / seconds }, against: { 'MB/s': 1 } }],
    ['MB/s'],
  )
const start = measured({ bench: 'start', work: 'start', target: { atMost: 5 } }, [{ s: 6 }])
const psa = measured({ bench: 'psa', work: 'a list' }, [{ ms: 3 }, { ms: 1 }, { ms: 2 }])

const rowsOf = (document: string) => document.split('\n').filter(line => line.includes('`npm run bench:'))

test('rows stand in the order of the benches, those without a target apart', { timeout }, () => {
  const document = replaceRows(empty, { rows: [psa, start, pin(2)], ...on('2026-01-31') })
  assert.deepEqual(rowsOf(document), [
    '| pin a file | 5 MB/s | the old way: 1 MB/s | 5 x | >= 2 x: met | `npm run bench:pin` | 2026-01-31 |',
    '| start | 6 s | - | - | <= 5 s: missed | `npm run bench:start` | 2026-01-31 |',
    '| a list | 2 ms | - | - | - | `npm run bench:psa` | 2026-01-31 |',
  ])
  assert.match(document, /^# Title[^]*Measured on a machine\.[^]*Text below\.\n$/)
})

test('a second run replaces the rows of its benches only', { timeout }, () => {
  const first = replaceRows(empty, { rows: [pin(2), start, psa], ...on('2026-01-31') })
  const [, ...others] = rowsOf(first)
  const second = replaceRows(first, { rows: [pin(1)], ...on('2026-02-01') })
  assert.deepEqual(rowsOf(second), [
    '| pin a file | 10 MB/s | the old way: 1 MB/s | 10 x | >= 2 x: met | `npm run bench:pin` | 2026-02-01 |',
    ...others,
  ])
})

test('rows of another machine go', { timeout }, () => {
  const first = replaceRows(empty, { rows: [pin(2), psa], ...on('2026-01-31') })
  const second = replaceRows(first, { rows: [start], ...on('2026-02-01', 'another one') })
  assert.deepEqual(
    rowsOf(second).map(line => line.includes('bench:start')),
    [true],
  )
  assert.ok(!second.includes('Measured on a machine.'))
})

test('a document without the markers is refused', { timeout }, () => {
  assert.throws(() => replaceRows('# Title', { rows: [psa], ...on('2026-01-31') }), /no part/)
})
