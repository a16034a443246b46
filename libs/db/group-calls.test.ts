import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupCalls } from './group-calls.ts'

const timeout = 5_000

/** Groups whose runs end by hand. */
function startGroups(limits: { maxRunning: number; maxItems: number }) {
  const runs: { items: readonly number[]; end: PromiseWithResolvers<readonly string[]> }[] = []
  let begun = Promise.withResolvers<void>()
  const call = groupCalls((items: readonly number[]) => {
    const end = Promise.withResolvers<readonly string[]>()
    runs.push({ items, end })
    begun.resolve()
    return end.promise
  }, limits)
  return {
    call,
    /** The run with this number, once it has begun. */
    run: async (nth: number) => {
      while (runs.length <= nth) {
        begun = Promise.withResolvers()
        await begun.promise
      }
      const { items, end } = runs[nth] ?? assert.fail()
      return { items, finish: () => end.resolve(items.map(item => `done ${item}`)), fail: end.reject }
    },
    begun: () => runs.length,
  }
}

test('calls of one moment go together, and each gets its own result', { timeout }, async () => {
  const { call, run } = startGroups({ maxRunning: 1, maxItems: 10 })
  const results = [1, 2, 3].map(call)
  const { items, finish } = await run(0)
  assert.deepEqual(items, [1, 2, 3])
  finish()
  assert.deepEqual(await Promise.all(results), ['done 1', 'done 2', 'done 3'])
})

test('calls that come while all groups are under way make up the next one', { timeout }, async () => {
  const { call, run, begun } = startGroups({ maxRunning: 1, maxItems: 10 })
  const first = call(1)
  const running = await run(0)
  const later = [2, 3].map(call)
  assert.equal(begun(), 1)
  running.finish()
  assert.equal(await first, 'done 1')
  const next = await run(1)
  assert.deepEqual(next.items, [2, 3])
  next.finish()
  assert.deepEqual(await Promise.all(later), ['done 2', 'done 3'])
})

test('no group is larger than its limit, and no more run at once than may', { timeout }, async () => {
  const { call, run, begun } = startGroups({ maxRunning: 2, maxItems: 2 })
  const results = Promise.all([1, 2, 3, 4, 5].map(call))
  const [one, two] = [await run(0), await run(1)]
  assert.deepEqual([one.items, two.items, begun()], [[1, 2], [3, 4], 2])
  two.finish()
  const three = await run(2)
  assert.deepEqual(three.items, [5])
  one.finish()
  three.finish()
  assert.deepEqual(
    await results,
    [1, 2, 3, 4, 5].map(item => `done ${item}`),
  )
})

test('a run that fails fails the calls of its group, and those after it go on', { timeout }, async () => {
  const { call, run } = startGroups({ maxRunning: 1, maxItems: 2 })
  const outcomes = Promise.allSettled([1, 2, 3].map(call))
  const failing = await run(0)
  failing.fail(new Error('away'))
  const { finish } = await run(1)
  finish()
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled'],
  )
})
