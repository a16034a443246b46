import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns } from './in-turns.ts'

const timeout = 5_000

test('so many run at once, the others in their order, and each gets what is its own', {
  timeout,
}, async () => {
  const inTurn = inTurns(2)
  const begun: number[] = []
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<number>())
  const results = ends.map(({ promise }, i) =>
    inTurn(() => {
      begun.push(i)
      return promise
    }),
  )
  const settledAll = Promise.allSettled(results)
  assert.deepEqual(begun, [0, 1])
  ends[1]?.reject(new Error('it failed'))
  await assert.rejects(results[1] ?? assert.fail(), /it failed/)
  assert.deepEqual(begun, [0, 1, 2])
  for (const [i, { resolve }] of ends.entries()) resolve(i)
  await settledAll
  assert.deepEqual(begun, [0, 1, 2, 3])
  assert.equal(await results[3], 3)
  assert.equal(await inTurn(async () => 'next'), 'next')
})
