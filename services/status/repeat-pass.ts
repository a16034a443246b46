import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '#libs/telemetry/index.ts'

/** One round of a loop over work that is due. Resolves with whether more is due already. */
export type Pass = () => Promise<boolean>

type RepeatOptions = {
  /** What the pass does, for the log. */
  what: string
  pass: Pass
  intervalMs: number
  stopping: AbortSignal
  log: Logger
}

/**
 * Repeats a pass until `stopping` is aborted: at once while more is due, else after `intervalMs`. One that fails is
 * logged, once, and is repeated after the same time.
 */
export async function repeatPass({ what, pass, intervalMs, stopping, log }: RepeatOptions): Promise<void> {
  while (!stopping.aborted) {
    if (await hasMore()) continue
    const [pause] = await Promise.allSettled([delay(intervalMs, undefined, { signal: stopping })])
    if (pause.status === 'rejected' && !stopping.aborted) throw pause.reason
  }

  async function hasMore(): Promise<boolean> {
    try {
      return await pass()
    } catch (err) {
      if (!stopping.aborted) log.error({ err }, `${what} failed, will be repeated`)
      return false
    }
  }
}

/** For passes over several rows: none keeps the others from being handled, and one error tells of all that failed. */
export async function handleAll<Row>(
  rows: readonly Row[],
  handle: (row: Row) => Promise<unknown>,
): Promise<void> {
  const outcomes = await Promise.allSettled(rows.map(handle))
  const failures = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${rows.length} failed`)
}
