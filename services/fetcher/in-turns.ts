/** Runs `act` when it is its turn, and passes on what becomes of it. */
export type InTurn = <T>(act: () => Promise<T>) => Promise<T>

/** Lets so many run at once; the others wait, first come first served, however long that takes. */
export function inTurns(atOnce: number): InTurn {
  const waiting: (() => void)[] = []
  let running = 0
  return async act => {
    if (running >= atOnce) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      return await act()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
