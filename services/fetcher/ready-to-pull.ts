import { rememberAnswer } from '#libs/service/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { TransferSlots } from './transfer-slots.ts'

/** While a crowd waits, one pull in this time. */
const lookIntervalMs = 1_000

type Deps = {
  isReady: () => Promise<boolean>
  isFull: () => boolean
  slots: Pick<TransferSlots, 'isCrowded' | 'accounts'>
  /** Whether an account that is none of these has queued pins. */
  otherAccountsQueue: (accounts: readonly string[]) => Promise<boolean>
  /** Removes what jobs that could not do it themselves have left on the node, and tells how much that was. */
  removeStale: () => Promise<{ pins: number; peerings: number }>
  log: Logger
}

const cleanEveryMs = 60_000

/**
 * Whether jobs can be worked on: the node answers and has space. While many jobs wait for a transfer slot, others are
 * left in the stream, where any fetcher gets them; unless an account that has none here is among them. A few are taken
 * all the same: requests of producers are in the stream only, until a fetcher has taken them.
 *
 * Before the first one is taken, what earlier processes have left on the node is removed. Later that is done once a
 * minute, beside the work: the node may have been away when a job ended.
 */
export function createReadyToPull(deps: Deps): () => Promise<boolean> {
  const { isReady, isFull, slots, otherAccountsQueue, removeStale, log } = deps
  let firstCleaning: Promise<void> | undefined
  let lookedAt = -Infinity

  async function clean(): Promise<void> {
    try {
      const { pins, peerings } = await removeStale()
      if (pins + peerings > 0) log.info({ pins, peerings }, 'what was left on the IPFS node removed')
    } catch (err) {
      log.warn({ err }, 'what was left on the IPFS node not removed, will retry')
    }
  }
  const cleanNowAndThen = rememberAnswer(clean, cleanEveryMs)
  const othersQueue = rememberAnswer(() => otherAccountsQueue(slots.accounts()), lookIntervalMs / 2)

  return async () => {
    if (!(await isReady())) return false
    const cleaning = cleanNowAndThen()
    firstCleaning ??= cleaning
    await firstCleaning
    if (isFull()) return false
    if (!slots.isCrowded()) return true
    if (performance.now() - lookedAt >= lookIntervalMs) {
      lookedAt = performance.now()
      return true
    }
    return othersQueue()
  }
}
