/** Some times of the same thing, in ms: the median, and what 95 and 99 of 100 stay below. */
export type Quantiles = { p50Ms: number; p95Ms: number; p99Ms: number }

export function quantilesOf(timesMs: readonly number[]): Quantiles {
  const sorted = [...timesMs].sort((one, other) => one - other)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }
}
