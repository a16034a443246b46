/** The right to transfer; disposing gives it to the next in line. */
export type TransferSlot = Disposable

/** Takes a slot, first come first served. Rejects with the signal's reason when the wait is given up. */
export type TakeTransferSlot = (signal: AbortSignal) => Promise<TransferSlot>

/** Transfer slots, and how many of them are taken now. */
export type TransferSlots = TakeTransferSlot & { taken: () => number }

/**
 * Transfers are few and locating is cheap: a job takes one of these slots only once its root block was found, so
 * that CIDs which nobody provides do not keep others from being transferred.
 */
export function createTransferSlots(count: number): TransferSlots {
  const waiting: (() => void)[] = []
  let free = count

  const giveBack = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }

  const take: TakeTransferSlot = async signal => {
    signal.throwIfAborted()
    if (free > 0) free--
    else await turn(waiting, signal)
    let given = false
    return {
      [Symbol.dispose]() {
        if (!given) giveBack()
        given = true
      },
    }
  }
  return Object.assign(take, { taken: () => count - free })
}

const turn = (waiting: (() => void)[], signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const take = () => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    const leave = () => {
      waiting.splice(waiting.indexOf(take), 1)
      reject(signal.reason)
    }
    waiting.push(take)
    signal.addEventListener('abort', leave, { once: true })
  })
