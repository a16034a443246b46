/** Notices when a transfer stands still. Time between `suspend` and `resume` does not count: we wait for the store then. */
export type StallWatch = Disposable & {
  /** Aborted once nothing came for the whole timeout. */
  stalled: AbortSignal
  progress: () => void
  suspend: () => void
  resume: () => void
}

/** Counts from the last progress, never from the start: a slow transfer that moves is not stalled. */
export function watchForStall(timeoutMs: number): StallWatch {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let suspended = false
  const disarm = () => clearTimeout(timer)
  const arm = () => {
    disarm()
    timer = setTimeout(() => controller.abort(new Error(`no progress for ${timeoutMs} ms`)), timeoutMs)
  }
  arm()
  return {
    stalled: controller.signal,
    // The source may still report while the store is waited for; that must not start the time again.
    progress() {
      if (!suspended) arm()
    },
    suspend() {
      suspended = true
      disarm()
    },
    resume() {
      suspended = false
      arm()
    },
    [Symbol.dispose]: disarm,
  }
}
