import { median } from './statistics.ts'

/** Numbers by their units, such as `MB/s`. The first is the one that is compared. */
export type Figures = Record<string, number>

/** Figures of two runs, one right after the other. */
export type Pair = { pickup: Figures; against: Figures }

/** A limit for the ratio, or for the first figure of what is compared with nothing. */
export type Target = { atLeast: number } | { atMost: number }

/** One line of JSON: the shape is the same for every bench, and `test/bench/run.ts` collects it. */
export type Row = {
  /** `npm run bench:NAME` measures it. */
  bench: string
  work: string
  /** What Pickup is compared with; null for nothing. */
  against: string | null
  /** Medians. */
  figures: { pickup: Figures; against: Figures | null }
  /** Pickup's first figure by the other's: the median of the ratios of pairs, which share the machine's mood. */
  ratio: number | null
  target: string | null
  met: boolean | null
}

type Work = { bench: string; work: string; target?: Target | undefined }

/** `measures` are the units of the figures to show; the first of them, which every run has, makes the ratio. */
export function compare(
  { bench, work, target }: Work,
  against: string,
  pairs: readonly Pair[],
  measures: readonly string[],
): Row {
  const [first = ''] = measures
  const of = (side: keyof Pair) => pick(mediansOf(pairs.map(pair => pair[side])), measures)
  const ratio = median(pairs.map(({ pickup, against: other }) => (pickup[first] ?? 0) / (other[first] ?? 0)))
  const figures = { pickup: of('pickup'), against: of('against') }
  return { bench, work, against, figures, ratio: shorten(ratio), ...judge(target, ratio, 'x') }
}

/** What there is nothing to compare with. */
export function measured({ bench, work, target }: Work, runs: readonly Figures[]): Row {
  const pickup = mediansOf(runs)
  const [[unit, value] = ['', 0]] = Object.entries(pickup)
  return {
    bench,
    work,
    against: null,
    figures: { pickup, against: null },
    ratio: null,
    ...judge(target, value, unit),
  }
}

/** A table for people, then one line of JSON per row for programs. */
export const report = (rows: readonly Row[]): string =>
  [...headOf(), ...rows.map(cellsOf).map(lineOf), '', ...rows.map(row => JSON.stringify(row)), ''].join('\n')

const headings = ['work', 'Pickup', 'against', 'ratio', 'target', 'measured by']

/** The first lines of a markdown table of rows; `more` are further columns. */
export function headOf(more: readonly string[] = []): string[] {
  const all = [...headings, ...more]
  return [lineOf(all), lineOf(all.map(() => '---'))]
}

/** A row in the cells of a table. */
export function cellsOf({ bench, work, against, figures, ratio, target, met }: Row): string[] {
  const other = figures.against ? `${against}: ${textOf(figures.against)}` : '-'
  const verdict = target === null ? '-' : `${target}: ${met ? 'met' : 'missed'}`
  return [work, textOf(figures.pickup), other, ratio === null ? '-' : `${ratio} x`, verdict, commandOf(bench)]
}

export const commandOf = (bench: string): string => `\`npm run bench:${bench}\``

export const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const textOf = (figures: Figures) =>
  Object.entries(figures)
    .map(([unit, value]) => `${value.toLocaleString('en')} ${unit}`)
    .join(', ')

function mediansOf(runs: readonly Figures[]): Figures {
  const units = Object.keys(runs[0] ?? {})
  return Object.fromEntries(units.map(unit => [unit, shorten(median(runs.map(run => run[unit] ?? 0)))]))
}

const pick = (figures: Figures, units: readonly string[]) =>
  Object.fromEntries(Object.entries(figures).filter(([unit]) => units.includes(unit)))

function judge(target: Target | undefined, value: number, unit: string): Pick<Row, 'target' | 'met'> {
  if (!target) return { target: null, met: null }
  if ('atLeast' in target) return { target: `>= ${target.atLeast} ${unit}`, met: value >= target.atLeast }
  return { target: `<= ${target.atMost} ${unit}`, met: value <= target.atMost }
}

/** Three digits are more than such figures are good for; whole numbers stay whole. */
const shorten = (value: number) => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
