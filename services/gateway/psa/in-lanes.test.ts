import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inLanes } from './in-lanes.ts'

const timeout = 5_000

test('some run at a time, and results have the order of the items', { timeout }, async () => {
  let running = 0
  let most = 0
  const results = await inLanes([5, 4, 3, 2, 1, 0], async (item, index) => {
    most = Math.max(most, ++running)
    for (let turn = 0; turn < item; turn++) await Promise.resolve()
    running--
    return `${index}:${item}`
  })
  assert.deepEqual(results, ['0:5', '1:4', '2:3', '3:2', '4:1', '5:0'])
  assert.equal(most, 4)
})

test('after a failure no new one begins, and those under way end before it is told', {
  timeout,
}, async () => {
  const begun: number[] = []
  const ended: number[] = []
  const held = Promise.withResolvers<void>()
  const working = inLanes([0, 1, 2, 3, 4, 5, 6, 7], async item => {
    begun.push(item)
    if (item === 1) {
      held.resolve()
      throw new Error('failed')
    }
    await held.promise
    ended.push(item)
  })
  await assert.rejects(working, /failed/)
  assert.deepEqual(
    [begun, ended],
    [
      [0, 1, 2, 3],
      [0, 2, 3],
    ],
  )
})
