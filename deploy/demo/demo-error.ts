/** A step of the demo gave something else than it must. The message is written for the person who watches. */
export class DemoError extends Error {
  override name = 'DemoError'
}

/** Throws {@link DemoError} unless both are the same. */
export function expectSame(what: string, actual: string | number, expected: string | number): void {
  if (actual !== expected) throw new DemoError(`${what} is ${actual}, not ${expected}`)
}
