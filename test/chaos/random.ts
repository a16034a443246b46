/** Choices that come out the same for the same seed. */
export type Random = {
  /** From `from` to `to`, both included. */
  integer: (from: number, to: number) => number
  /** True once in `n` times. */
  oneIn: (n: number) => boolean
  pick: <T>(from: readonly T[]) => T
  /** By weight: a choice of weight 2 comes twice as often as one of weight 1. */
  weighted: <T>(from: readonly (readonly [weight: number, choice: T])[]) => T
  /** One of its own, so that who draws more does not change what others draw. */
  fork: () => Random
}

/** Mulberry32 by Tommy Ettinger: 32 bits of state, which is plenty for choices. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0

  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  const integer = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1))

  function pick<T>(from: readonly T[]): T {
    const picked = from[integer(0, from.length - 1)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }

  function weighted<T>(from: readonly (readonly [number, T])[]): T {
    let left = fraction() * from.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, choice] of from) {
      left -= weight
      if (left < 0) return choice
    }
    throw new Error('nothing to choose from')
  }

  return {
    integer,
    oneIn: n => integer(1, n) === 1,
    pick,
    weighted,
    fork: () => createRandom(integer(0, 2 ** 32 - 1)),
  }
}
