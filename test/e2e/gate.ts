/** A place where something waits until the test lets it go on. */
export type Gate = {
  /** Resolves when the first one has come. */
  readonly reached: Promise<void>
  /** Called by who comes: resolves when the gate is open. */
  pass: () => Promise<void>
  /** For good. */
  open: () => void
}

export function createGate(): Gate {
  const arrival = Promise.withResolvers<void>()
  const opening = Promise.withResolvers<void>()
  return {
    reached: arrival.promise,
    pass() {
      arrival.resolve()
      return opening.promise
    },
    open: opening.resolve,
  }
}
