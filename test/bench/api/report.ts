import { compare, type Figures, measured, type Row, type Target } from '../report.ts'

/** One measurement: the same for every server. */
export type ServerRow = {
  server: 'pickup' | 'ipfs-cluster'
  work: string
  /** What the work was done on, which may differ from server to server. */
  of?: string
  /** Requests, or objects of a list. */
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
  /** For the rate, beside that of the other server. */
  target?: Target
  /** For `firstByteMs`, beside nothing. */
  firstByteTarget?: Target
}

const units = {
  perSecond: '/s',
  lost: 'lost',
  p50Ms: 'ms p50',
  p99Ms: 'ms p99',
  firstByteMs: 'ms to the first byte',
  cpuMs: 'ms CPU each',
  peakMib: 'MiB peak',
  refused: 'refused',
} as const

/** Ours beside the same work of ipfs-cluster, where that was measured, once for each thing that was done on. */
export const rowsOf = (measurements: readonly ServerRow[]): Row[] =>
  measurements
    .filter(({ server }) => server === 'pickup')
    .flatMap(ours => {
      const row = { bench: 'api', work: nameOf(ours.work, ours), target: ours.target }
      const theirs = measurements.filter(({ server, work }) => server !== 'pickup' && work === ours.work)
      const rates =
        theirs.length === 0
          ? [measured({ ...row, target: undefined }, [figuresOf(ours)])]
          : theirs.map(their => compareWith(their, ours, row))
      return [...rates, ...firstByteOf(ours)]
    })

function firstByteOf(ours: ServerRow): Row[] {
  const { firstByteMs, firstByteTarget: target } = ours
  if (firstByteMs === undefined || !target) return []
  const work = nameOf(`first byte of ${ours.work.replace('objects of ', '')}`, ours)
  return [measured({ bench: 'api', work, target }, [{ ms: firstByteMs }])]
}

function compareWith(theirs: ServerRow, ours: ServerRow, row: Parameters<typeof compare>[0]): Row {
  const pair = { pickup: figuresOf(ours), against: figuresOf(theirs) }
  const compared = compare(row, nameOf('ipfs-cluster', theirs), [pair], Object.values(units))
  // Nothing lost is not so many times less.
  return ours.lost === undefined ? compared : { ...compared, ratio: null }
}

const nameOf = (what: string, { of }: ServerRow): string => (of ? `${what}, ${of}` : what)

const figuresOf = (row: ServerRow): Figures =>
  Object.fromEntries(
    Object.entries(units).flatMap(([name, unit]) => {
      const value = row[name as keyof typeof units]
      return value === undefined ? [] : [[unit, value]]
    }),
  )
