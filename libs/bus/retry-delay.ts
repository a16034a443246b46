/** The wait after the first failure, and the longest one. */
export type RetryDelays = { retryMinMs: number; retryMaxMs: number }

/** Exponential from `retryMinMs`, times four each failure, capped, with 20 % jitter so that retries spread. */
export function retryDelayMs(failures: number, { retryMinMs, retryMaxMs }: RetryDelays): number {
  const delayMs = Math.min(retryMaxMs, retryMinMs * 4 ** Math.max(0, failures - 1))
  return Math.round(delayMs * (0.9 + Math.random() * 0.2))
}

/** Of an event: exponential in its deliveries, times three each, capped. */
export const eventRetryDelayMs = (deliveries: number, { retryMinMs, retryMaxMs }: RetryDelays): number =>
  Math.min(retryMaxMs, retryMinMs * 3 ** (deliveries - 1))
