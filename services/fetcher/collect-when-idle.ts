import type { DagSource } from '#libs/ipfs/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'

type Deps = { source: Pick<DagSource, 'collectGarbage'>; idleMs: number; log: Logger }

/** Tells the collector that a transfer runs; disposing tells that it ended. */
export type MarkBusy = () => Disposable

/**
 * Frees the blocks of finished transfers once nothing was transferred for `idleMs`. Kubo's garbage collection holds the
 * lock that every pin needs, so it never starts while one runs, and a transfer that begins stops it: what is left is
 * collected the next time.
 */
export function collectWhenIdle({ source, idleMs, log }: Deps): MarkBusy & Disposable {
  let busy = 0
  let timer: NodeJS.Timeout | undefined
  let collecting: AbortController | undefined

  async function collect(): Promise<void> {
    const controller = new AbortController()
    collecting = controller
    try {
      const { removedBlocks, postponed } = await source.collectGarbage({ signal: controller.signal })
      if (postponed && !controller.signal.aborted) collectLater()
      log.debug({ removedBlocks, postponed }, 'blocks of finished transfers removed')
    } catch (err) {
      if (!controller.signal.aborted) log.warn({ err }, 'garbage collection failed')
    }
  }

  function collectLater(): void {
    timer = setTimeout(() => void collect(), idleMs)
  }

  const stop = () => {
    clearTimeout(timer)
    collecting?.abort(new Error('a transfer begins'))
  }

  const markBusy = () => {
    busy++
    stop()
    return {
      [Symbol.dispose]() {
        busy--
        if (busy === 0) collectLater()
      },
    }
  }
  return Object.assign(markBusy, { [Symbol.dispose]: stop })
}
