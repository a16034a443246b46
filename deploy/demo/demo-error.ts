/** A step of the demo gave something else than it must. The message is written for the person who watches. */
export class DemoError extends Error {
  override name = 'DemoError'
}

/** Throws {@link DemoError} unless both are the same. */
export function expectSame(what: string, actual: string | number, expected: string | number): void {
  if (actual !== expected) throw new DemoError(`${what} is ${actual}, not ${expected}`)
}

/** The whole reason of a failure on one line, from the outermost error to the cause at its bottom. */
export function reasonOf(error: unknown): string {
  if (error instanceof SuppressedError) return reasonOf(error.suppressed)
  if (!(error instanceof Error)) return String(error)
  const message = error.message || error.name
  const reason = error.cause === undefined ? message : `${message}: ${reasonOf(error.cause)}`
  return reason.replace(/\s*\n\s*/g, ' | ')
}
