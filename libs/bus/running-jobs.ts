/** One generation of a content: what a job works on. */
export type Generation = { cid: string; generation: number }

/** A job that runs, or is about to. Disposing tells that it ended. */
export type RunningJob = Disposable & {
  /** Aborted when nobody wants the job any more. */
  cancelled: AbortSignal
  /** From here on it is too late to cancel. Throws when the job was cancelled before. */
  commit: () => void
}

/** The jobs that one process works on, so that they can be ended from outside of their worker. */
export type RunningJobs = {
  /** A job without a generation cannot be cancelled. */
  begin: (job: { cid: string; generation?: number }) => RunningJob
  /** Ends the job of this generation if it runs here. Any other is left alone: a later one is wanted again. */
  cancel: (job: Generation) => void
}

export function createRunningJobs(): RunningJobs {
  type Entry = { cid: string; generation: number | undefined; cancelling: AbortController }
  const running = new Set<Entry>()
  return {
    begin({ cid, generation }) {
      const entry = { cid, generation, cancelling: new AbortController() }
      running.add(entry)
      const leave = () => void running.delete(entry)
      return {
        cancelled: entry.cancelling.signal,
        commit() {
          entry.cancelling.signal.throwIfAborted()
          leave()
        },
        [Symbol.dispose]: leave,
      }
    },
    cancel({ cid, generation }) {
      for (const entry of running) {
        if (entry.cid !== cid || entry.generation !== generation) continue
        entry.cancelling.abort(new Error(`generation ${generation} of ${cid} was cancelled`))
      }
    },
  }
}
