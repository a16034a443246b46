import type { Logger } from '#libs/telemetry/index.ts'

/** Asks again only when the last answer is older than `forMs`. Who asks meanwhile gets the same answer. */
export function rememberAnswer(ask: () => Promise<boolean>, forMs: number): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined
  let askedAt = 0
  return () => {
    if (answer && performance.now() - askedAt < forMs) return answer
    askedAt = performance.now()
    answer = ask()
    return answer
  }
}

type Deps = {
  isReady: () => Promise<boolean>
  removeStalePins: () => Promise<number>
  log: Logger
}

/**
 * Whether jobs can be worked on: the node answers. Before the first one is taken, what earlier processes have left on the
 * node is removed; when that fails it is left to the next start.
 */
export function createReadyToPull({ isReady, removeStalePins, log }: Deps): () => Promise<boolean> {
  let cleaned: Promise<void> | undefined

  async function clean(): Promise<void> {
    try {
      const removedPins = await removeStalePins()
      if (removedPins > 0) log.info({ removedPins }, 'pins of processes that were killed removed')
    } catch (err) {
      log.warn({ err }, 'pins of processes that were killed not removed')
    }
  }

  return async () => {
    if (!(await isReady())) return false
    cleaned ??= clean()
    await cleaned
    return true
  }
}
