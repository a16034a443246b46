/** Notices when a transfer stands still. Time spent waiting for the store does not count: `suspend`, then `progress`. */
export type StallWatch = Disposable & {
  /** Aborted once nothing came for the whole timeout. */
  stalled: AbortSignal
  progress: () => void
  suspend: () => void
}

/** Counts from the last progress, never from the start: a slow transfer that moves is not stalled. */
export function watchForStall(timeoutMs: number): StallWatch {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const suspend = () => clearTimeout(timer)
  const progress = () => {
    suspend()
    timer = setTimeout(() => controller.abort(new Error(`no progress for ${timeoutMs} ms`)), timeoutMs)
  }
  progress()
  return { stalled: controller.signal, progress, suspend, [Symbol.dispose]: suspend }
}
