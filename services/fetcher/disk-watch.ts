import type { DagSource, RepoUsage } from '#libs/ipfs/index.ts'
import { type Logger, metrics, observeMetrics } from '#libs/telemetry/index.ts'

type Deps = {
  source: Pick<DagSource, 'measureRepo'>
  /** Of the node's limit. Above it no transfer begins. */
  highWaterPercent: number
  intervalMs: number
  /** Frees what finished transfers have left, as soon as none runs. */
  collectSoon: () => void
  log: Logger
}

/** Watches the repository of the IPFS node, whose limit the node itself does not keep to. */
export type DiskWatch = AsyncDisposable & {
  isFull: () => boolean
  /** Resolves when there is room for one more transfer. Rejects with the signal's reason. */
  waitForSpace: (signal: AbortSignal) => Promise<void>
  /** Rejects with a sentence while there is no room: for readiness. */
  assertSpace: () => Promise<void>
}

/** Measures now and every `intervalMs`. A node that does not answer keeps the state that it had. */
export function watchDisk({ source, highWaterPercent, intervalMs, collectSoon, log }: Deps): DiskWatch {
  const stopping = new AbortController()
  /** Pending while there is no room. */
  let space: PromiseWithResolvers<void> | undefined
  let measured: RepoUsage | undefined
  const highWaterBytes = ({ limitBytes }: RepoUsage) => limitBytes * (highWaterPercent / 100)
  const isAbove = (usage: RepoUsage) => usage.usedBytes >= highWaterBytes(usage)

  const { repoUsage, repoLimit, repoHighWater } = metrics
  const observing = observeMetrics([repoUsage, repoLimit, repoHighWater], observe => {
    if (!measured) return
    observe(repoUsage, measured.usedBytes)
    if (measured.limitBytes <= 0) return
    observe(repoLimit, measured.limitBytes)
    observe(repoHighWater, highWaterBytes(measured))
  })

  async function measure(): Promise<void> {
    let usage: RepoUsage
    try {
      usage = await source.measureRepo({ timeoutMs: intervalMs, signal: stopping.signal })
      measured = usage
    } catch (err) {
      measured = undefined
      if (!stopping.signal.aborted) log.debug({ err }, 'repository of the IPFS node not measured')
      return
    }
    if (isAbove(usage)) {
      if (!space) log.warn({ ...usage, highWaterPercent }, 'IPFS node is full, no transfer begins')
      space ??= Promise.withResolvers()
      collectSoon()
    } else if (space) {
      log.info({ ...usage, highWaterPercent }, 'IPFS node has room again')
      space.resolve()
      space = undefined
    }
  }

  let measuring: Promise<void> | undefined
  const measureUnlessBusy = () => {
    measuring ??= measure().finally(() => {
      measuring = undefined
    })
  }
  measureUnlessBusy()
  const timer = setInterval(measureUnlessBusy, intervalMs)

  return {
    isFull: () => space !== undefined,
    async waitForSpace(signal) {
      const { promise: aborted, reject } = Promise.withResolvers<never>()
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        signal.throwIfAborted()
        while (space) await Promise.race([space.promise, aborted])
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
    },
    async assertSpace() {
      if (space) throw new Error(`the repository of the IPFS node is over ${highWaterPercent} % full`)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      observing[Symbol.dispose]()
      stopping.abort(new Error('the fetcher stops'))
      await measuring
    },
  }
}
