import { abortable } from './abortable.ts'

/**
 * Keeps garbage collection and pins apart. Kubo does so by one lock: a collection asked for during a pin of
 * hours waits for it, and every later pin waits behind the collection (kubo gc/gc.go, boxo blockstore GCLocker).
 */
export type PinGate = {
  /** Waits until no collection runs. Keeps collections out until the pass is disposed. */
  enterPin(signal: AbortSignal): Promise<Disposable>
  /** Waits until nothing runs, giving way to pins. Keeps everything out until the pass is disposed. */
  enterCollection(signal: AbortSignal): Promise<Disposable>
}

export function createPinGate(): PinGate {
  let pins = 0
  let collecting = false
  let changed = Promise.withResolvers<void>()

  const announceChange = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }

  return {
    async enterPin(signal) {
      signal.throwIfAborted()
      while (collecting) await abortable(changed.promise, signal)
      pins += 1
      return oncePass(() => {
        pins -= 1
        announceChange()
      })
    },

    async enterCollection(signal) {
      signal.throwIfAborted()
      while (collecting || pins > 0) await abortable(changed.promise, signal)
      collecting = true
      return oncePass(() => {
        collecting = false
        announceChange()
      })
    },
  }
}

function oncePass(leave: () => void): Disposable {
  let left = false
  return {
    [Symbol.dispose]() {
      if (left) return
      left = true
      leave()
    },
  }
}
