import type { LiveJob } from '#libs/bus/index.ts'

/** Tells what a job does now. */
export type TellProgress = (change: Partial<LiveJob>) => void

/** The live view of one attempt, from the first word on until it is disposed. */
export type LiveProgress = Disposable & { tell: TellProgress }

type Deps = { show: (cid: string, job: LiveJob) => void; intervalMs: number }

/** Who looks at a list sees no job that is over sooner, and most are: each word costs a message to every gateway. */
export const firstShownMs = 200

/** What is told first is shown after {@link firstShownMs}; then phases at once, and counters at most once per interval. */
export function createLiveProgress({ show, intervalMs }: Deps) {
  return (cid: string, { attempt, worker }: Pick<LiveJob, 'attempt' | 'worker'>): LiveProgress => {
    let job: LiveJob = { phase: 'locating', attempt, worker, dagBytes: 0, dagBlocks: 0, carBytes: 0 }
    let shown: { job: LiveJob; at: number } | undefined
    let first: NodeJS.Timeout | undefined
    let movedAt = performance.now()
    let over = false
    const showNow = (pace: Pick<LiveJob, 'bytesPerSecond'> = {}) => {
      const now = performance.now()
      shown = { job, at: now }
      show(cid, { ...job, stalledMs: Math.round(now - movedAt), ...pace })
    }
    return {
      tell(change) {
        const now = performance.now()
        const next = { ...job, ...change }
        if (change.phase !== undefined || grownBytes(job, next) > 0) movedAt = now
        job = next
        if (!shown) {
          if (!over) first ??= setTimeout(showNow, firstShownMs)
          return
        }
        // What came before a phase says nothing of its pace.
        if (change.phase !== undefined) return showNow()
        const elapsedMs = now - shown.at
        if (elapsedMs >= intervalMs)
          showNow({ bytesPerSecond: Math.round((grownBytes(shown.job, job) * 1_000) / elapsedMs) })
      },
      [Symbol.dispose]() {
        over = true
        clearTimeout(first)
      },
    }
  }
}

/** What is fetched ahead and what is sent on are the same bytes: the counter that grew more says how it goes. */
const grownBytes = (before: LiveJob, after: LiveJob) =>
  Math.max(after.dagBytes - before.dagBytes, after.carBytes - before.carBytes)
