/** So many connections to Postgres does one batch use, of those that the process has for all requests. */
const lanes = 4

/**
 * Does `work` for each item, some at a time, and resolves with the results in the order of the items. After a failure no
 * new one begins, and it rejects when those under way have ended.
 */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = items.entries()
  let isCut = false
  async function lane(): Promise<void> {
    for (const [index, item] of left) {
      if (isCut) return
      try {
        results[index] = await work(item, index)
      } catch (error) {
        isCut = true
        throw error
      }
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: lanes }, lane))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return results
}
