import { measured, type Row } from '../report.ts'
import type { Quantiles } from '../statistics.ts'
import type { BurstRow } from './measure-burst.ts'
import type { LatencyRow } from './measure-latency.ts'
import type { ListRow } from './measure-lists.ts'

export type Results = { latency: LatencyRow[]; lists: ListRow[]; burst: BurstRow[] }

const bench = 'psa'

/** The rows of all parts that were measured. */
export const rowsOf = ({ latency, lists, burst }: Results): Row[] => [
  ...latency.map(row =>
    measured({ bench, work: `from POST to ${row.to}, one block, ${row.pins} pins` }, [quantiles(row)]),
  ),
  ...lists.map(({ filter, count, firstMs, ...row }) =>
    measured({ bench, work: `list by ${filter}: ${count} match` }, [
      { ...quantiles(row), 'ms the first': firstMs },
    ]),
  ),
  ...burst.map(({ added, replaced, deleted, perSecond, settledMs }) =>
    measured(
      { bench, work: `${added} adds, ${replaced} replaces and ${deleted} deletes while fetches run` },
      [{ 'requests/s': perSecond, 's until all is settled': settledMs / 1_000 }],
    ),
  ),
]

const quantiles = ({ p50Ms, p95Ms, p99Ms }: Quantiles) => ({
  'ms p50': p50Ms,
  'ms p95': p95Ms,
  'ms p99': p99Ms,
})
