import { PostponedError } from '#libs/bus/index.ts'
import { metrics } from '#libs/telemetry/index.ts'

/** The right to transfer; disposing gives it to the next in line. */
export type TransferSlot = Disposable

/**
 * Takes a slot for a content that these accounts want. Rejects with the signal's reason when the wait is given up, and
 * with `PostponedError` when too many wait whose accounts have less.
 */
export type TakeTransferSlot = (accounts: readonly string[], signal: AbortSignal) => Promise<TransferSlot>

/** Transfer slots, and what is known of who has them and who waits. */
export type TransferSlots = TakeTransferSlot & {
  /** How many are taken now. */
  taken: () => number
  isCrowded: () => boolean
  /** Accounts that have a slot or wait for one. */
  accounts: () => string[]
}

type Options = {
  slots: number
  /** So many wait that further ones would only wait longer. */
  crowd: number
  /** When more wait, one is turned away. */
  maxWaiting: number
}

type Waiting = { accounts: readonly string[]; give: (account: string) => void; turnAway: () => void }

/**
 * Transfers are few and locating is cheap: a job takes one of these slots only once its root block was found, so
 * that CIDs which nobody provides do not keep others from being transferred.
 *
 * A free slot goes to the account that has the fewest; of several to the one that got its last slot the longest ago; within an
 * account to who came first. A content that several accounts want counts for the one with the best claim.
 */
export function createTransferSlots({ slots, crowd, maxWaiting }: Options): TransferSlots {
  const waiting: Waiting[] = []
  /** Of the accounts that have a slot or wait for one: slots in use, and the number of the last one given. */
  const shares = new Map<string, { taken: number; lastGiven: number }>()
  let taken = 0
  let given = 0
  metrics.slotLimit.record(slots, { 'pickup.slot': 'transfer' })

  const shareOf = (account: string) => shares.get(account) ?? { taken: 0, lastGiven: 0 }
  const byClaim = (a: string, b: string) =>
    shareOf(a).taken - shareOf(b).taken || shareOf(a).lastGiven - shareOf(b).lastGiven
  const bestOf = (accounts: readonly string[]) => accounts.toSorted(byClaim)[0] ?? ''
  const accounts = () => [...new Set([...shares.keys(), ...waiting.flatMap(each => each.accounts)])]

  function giveTo(account: string): TransferSlot {
    taken++
    metrics.slotUsage.add(1, { 'pickup.slot': 'transfer' })
    shares.set(account, { taken: shareOf(account).taken + 1, lastGiven: ++given })
    let isBack = false
    return {
      [Symbol.dispose]() {
        if (isBack) return
        isBack = true
        taken--
        metrics.slotUsage.add(-1, { 'pickup.slot': 'transfer' })
        shares.set(account, { ...shareOf(account), taken: shareOf(account).taken - 1 })
        giveToNext()
        forget(account)
      },
    }
  }

  function giveToNext(): void {
    const [next] = waiting.toSorted((a, b) => byClaim(bestOf(a.accounts), bestOf(b.accounts)))
    if (next === undefined) return
    waiting.splice(waiting.indexOf(next), 1)
    next.give(bestOf(next.accounts))
  }

  /** Who has none and waits for none is as good as new: what it had before does not hold it back. */
  function forget(account: string): void {
    const isWaiting = waiting.some(each => each.accounts.includes(account))
    if (shareOf(account).taken === 0 && !isWaiting) shares.delete(account)
  }

  /** Of the account for which most wait, the one that came last: it would be served last. */
  function turnOneAway(): void {
    const byAccount = Map.groupBy(waiting, each => bestOf(each.accounts))
    const longest = [...byAccount.values()].toSorted((a, b) => b.length - a.length)[0]
    longest?.at(-1)?.turnAway()
  }

  const take: TakeTransferSlot = async (accounts, signal) => {
    signal.throwIfAborted()
    if (taken < slots) return giveTo(bestOf(accounts))
    const turn = Promise.withResolvers<TransferSlot>()
    const leave = (reason: unknown) => {
      waiting.splice(waiting.indexOf(mine), 1)
      accounts.forEach(forget)
      turn.reject(reason)
    }
    const mine: Waiting = {
      accounts,
      give: account => turn.resolve(giveTo(account)),
      turnAway: () => leave(new PostponedError('too many jobs wait for a transfer slot')),
    }
    waiting.push(mine)
    metrics.transfersWaiting.add(1)
    const onAbort = () => {
      if (waiting.includes(mine)) leave(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (waiting.length > maxWaiting) turnOneAway()
    try {
      return await turn.promise
    } finally {
      metrics.transfersWaiting.add(-1)
      signal.removeEventListener('abort', onAbort)
    }
  }
  return Object.assign(take, { taken: () => taken, isCrowded: () => waiting.length >= crowd, accounts })
}
