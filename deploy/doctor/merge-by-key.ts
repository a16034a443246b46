type Keyed = { key: string }

/** What two lists have under one key. */
export type Pair<Left, Right> = { key: string; left?: Left; right?: Right }

/** Goes through two lists at once, both in the order of their keys; each key that either has comes once. */
export async function* mergeByKey<Left extends Keyed, Right extends Keyed>(
  lefts: AsyncIterable<Left>,
  rights: AsyncIterable<Right>,
): AsyncGenerator<Pair<Left, Right>> {
  const leftRows = lefts[Symbol.asyncIterator]()
  const rightRows = rights[Symbol.asyncIterator]()
  let left = await next(leftRows)
  let right = await next(rightRows)
  while (left || right) {
    const key = !right || (left && left.key <= right.key) ? (left?.key ?? '') : right.key
    const pair: Pair<Left, Right> = { key }
    if (left?.key === key) {
      pair.left = left
      left = await next(leftRows)
    }
    if (right?.key === key) {
      pair.right = right
      right = await next(rightRows)
    }
    yield pair
  }
}

async function next<Row>(rows: AsyncIterator<Row>): Promise<Row | undefined> {
  const { done, value } = await rows.next()
  return done ? undefined : value
}
