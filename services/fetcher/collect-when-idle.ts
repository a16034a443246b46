import type { DagSource } from '#libs/ipfs/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'

type Deps = { source: Pick<DagSource, 'collectGarbage'>; idleMs: number; log: Logger }

/** Tells the collector that a transfer runs; disposing tells that it ended. */
export type MarkBusy = () => Disposable

/** Collects the garbage of the node while it is idle. */
export type IdleCollector = MarkBusy &
  Disposable & {
    /** Do not wait for `idleMs`: space is needed. Safe to repeat while it is. */
    collectSoon: () => void
  }

/**
 * Frees the blocks of finished transfers once nothing was transferred for `idleMs`. Kubo's garbage collection holds the
 * lock that every pin needs, so it never starts while one runs, and a transfer that begins stops it: what is left is
 * collected the next time. A collection that finds nothing is not repeated before `idleMs` is over, however urgent.
 */
export function collectWhenIdle({ source, idleMs, log }: Deps): IdleCollector {
  let busy = 0
  let isUrgent = false
  let restsUntil = 0
  let timer: NodeJS.Timeout | undefined
  let collecting: AbortController | undefined

  async function collect(): Promise<void> {
    clearTimeout(timer)
    const controller = new AbortController()
    collecting = controller
    try {
      const { removedBlocks, postponed } = await source.collectGarbage({ signal: controller.signal })
      isUrgent = false
      if (removedBlocks === 0) restsUntil = performance.now() + idleMs
      if (postponed && !controller.signal.aborted) collectLater()
      log.debug({ removedBlocks, postponed }, 'blocks of finished transfers removed')
    } catch (err) {
      if (!controller.signal.aborted) log.warn({ err }, 'garbage collection failed')
    } finally {
      if (collecting === controller) collecting = undefined
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
    restsUntil = 0
    stop()
    return {
      [Symbol.dispose]() {
        busy--
        if (busy > 0) return
        if (isUrgent) void collect()
        else collectLater()
      },
    }
  }
  const collectSoon = () => {
    isUrgent = true
    if (busy === 0 && !collecting && performance.now() >= restsUntil) void collect()
  }
  return Object.assign(markBusy, { collectSoon, [Symbol.dispose]: stop })
}
