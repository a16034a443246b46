/** Of an even number the larger one of the two in the middle; 0 of none. */
export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5)

/** Some times of the same thing, in ms: the median, and what 95 and 99 of 100 stay below. */
export type Quantiles = { p50Ms: number; p95Ms: number; p99Ms: number }

export const quantilesOf = (timesMs: readonly number[]): Quantiles => ({
  p50Ms: quantile(timesMs, 0.5),
  p95Ms: quantile(timesMs, 0.95),
  p99Ms: quantile(timesMs, 0.99),
})

function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
}
