import type { LiveJob } from '#libs/bus/index.ts'

/** Tells what a job does now. Phases are shown at once, counters at most once per interval. */
export type TellProgress = (change: Partial<LiveJob>) => void

type Deps = { show: (cid: string, job: LiveJob) => void; intervalMs: number }

/** Starts the live view of one attempt, in phase `locating`. */
export function createLiveProgress({ show, intervalMs }: Deps) {
  return (cid: string, { attempt, worker }: Pick<LiveJob, 'attempt' | 'worker'>): TellProgress => {
    let job: LiveJob = { phase: 'locating', attempt, worker, dagBytes: 0, dagBlocks: 0, carBytes: 0 }
    let shownAt = -Infinity
    const tell = (change: Partial<LiveJob>) => {
      const entersPhase = change.phase !== undefined
      job = { ...job, ...change }
      if (!entersPhase && performance.now() - shownAt < intervalMs) return
      shownAt = performance.now()
      show(cid, job)
    }
    tell({ phase: 'locating' })
    return tell
  }
}
