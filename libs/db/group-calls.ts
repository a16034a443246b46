/** Resolves with one result for each item, in their order. */
type RunGroup<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>

type GroupOptions = {
  /** Groups under way at once. Calls that come meanwhile make up the next group. */
  maxRunning: number
  maxItems: number
}

/**
 * Turns calls with one item each into runs over groups of them. A call never waits for others to come: it waits only
 * while `maxRunning` groups are under way, so groups grow with the load. An item is in no group that began before
 * its call. When a run rejects, all calls of its group do.
 */
export function groupCalls<Item, Result>(
  run: RunGroup<Item, Result>,
  { maxRunning, maxItems }: GroupOptions,
): (item: Item) => Promise<Result> {
  type Call = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  const waiting: Call[] = []
  let running = 0

  async function runNext(): Promise<void> {
    const calls = waiting.splice(0, maxItems)
    running++
    try {
      const results = await run(calls.map(({ item }) => item))
      for (const [i, { resolve }] of calls.entries()) resolve(results[i] as Result)
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
    running--
    startNext()
  }

  function startNext(): void {
    if (waiting.length > 0 && running < maxRunning) void runNext()
  }

  return item =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      // Requests that one read of the event loop brought go together.
      setImmediate(startNext)
    })
}
