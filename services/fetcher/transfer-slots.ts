/** The right to transfer; disposing gives it to the next in line. */
export type TransferSlot = Disposable

/** Takes a slot, first come first served. Rejects with the signal's reason when the wait is given up. */
export type TakeTransferSlot = (signal: AbortSignal) => Promise<TransferSlot>

/**
 * Transfers are few and locating is cheap: a job takes one of these slots only once its root block was found, so
 * that CIDs which nobody provides do not keep others from being transferred.
 */
export function createTransferSlots(count: number): TakeTransferSlot {
  const waiting: (() => void)[] = []
  let free = count

  const giveBack = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }

  return async signal => {
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
