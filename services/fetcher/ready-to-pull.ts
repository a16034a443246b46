import type { Logger } from '#libs/telemetry/index.ts'
import type { TransferSlots } from './transfer-slots.ts'

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

/** While a crowd waits, one pull in this time. */
const lookIntervalMs = 5_000

type Deps = {
  isReady: () => Promise<boolean>
  isFull: () => boolean
  slots: Pick<TransferSlots, 'isCrowded' | 'accounts'>
  /** Whether an account that is none of these has queued pins. */
  otherAccountsQueue: (accounts: readonly string[]) => Promise<boolean>
  removeStalePins: () => Promise<number>
  log: Logger
}

/**
 * Whether jobs can be worked on: the node answers and has space. While many jobs wait for a transfer slot, others are
 * left in the stream, where any fetcher gets them; unless an account that has none here is among them. A few are taken
 * all the same: requests of producers are in the stream only, until a fetcher has taken them. Before the first one is taken, what earlier processes have left on the
 * node is removed; when that fails it is left to the next start.
 */
export function createReadyToPull(deps: Deps): () => Promise<boolean> {
  const { isReady, isFull, slots, otherAccountsQueue, removeStalePins, log } = deps
  let cleaned: Promise<void> | undefined
  let lookedAt = -Infinity

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
    if (isFull()) return false
    if (!slots.isCrowded()) return true
    if (performance.now() - lookedAt >= lookIntervalMs) {
      lookedAt = performance.now()
      return true
    }
    return otherAccountsQueue(slots.accounts())
  }
}
