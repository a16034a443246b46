import type { LiveJob } from '#libs/bus/index.ts'

/** Tells what a job does now. Phases are shown at once, counters at most once per interval. */
export type TellProgress = (change: Partial<LiveJob>) => void

type Deps = { show: (cid: string, job: LiveJob) => void; intervalMs: number }

/** Starts the live view of one attempt, in phase `locating`. */
export function createLiveProgress({ show, intervalMs }: Deps) {
  return (cid: string, { attempt, worker }: Pick<LiveJob, 'attempt' | 'worker'>): TellProgress => {
    let job: LiveJob = { phase: 'locating', attempt, worker, dagBytes: 0, dagBlocks: 0, carBytes: 0 }
    let shown = { job, at: -Infinity }
    let movedAt = -Infinity
    const tell = (change: Partial<LiveJob>) => {
      const now = performance.now()
      const entersPhase = change.phase !== undefined
      const next = { ...job, ...change }
      if (entersPhase || grownBytes(job, next) > 0) movedAt = now
      job = next
      const elapsedMs = now - shown.at
      if (!entersPhase && elapsedMs < intervalMs) return
      const bytesPerSecond = Math.round((grownBytes(shown.job, job) * 1_000) / elapsedMs)
      shown = { job, at: now }
      // What came before a phase says nothing of its pace.
      show(cid, { ...job, stalledMs: Math.round(now - movedAt), ...(entersPhase ? {} : { bytesPerSecond }) })
    }
    tell({ phase: 'locating' })
    return tell
  }
}

/** What is fetched ahead and what is sent on are the same bytes: the counter that grew more says how it goes. */
const grownBytes = (before: LiveJob, after: LiveJob) =>
  Math.max(after.dagBytes - before.dagBytes, after.carBytes - before.carBytes)
