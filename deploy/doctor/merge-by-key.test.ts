import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mergeByKey } from './merge-by-key.ts'

const timeout = 20_000

async function* rows(keys: Iterable<string>, name: string) {
  for (const key of keys) yield { key, from: name }
}

test('every key of either list comes once, with what both have of it', { timeout }, async () => {
  const keySets = fc.uniqueArray(fc.string({ minLength: 1, unit: 'binary-ascii' })).map(keys => keys.sort())
  await fc.assert(
    fc.asyncProperty(keySets, keySets, async (left, right) => {
      const merged = await Array.fromAsync(mergeByKey(rows(left, 'left'), rows(right, 'right')))
      assert.deepEqual(
        merged.map(({ key }) => key),
        [...new Set([...left, ...right])].sort(),
      )
      for (const { key, ...pair } of merged) {
        assert.equal(pair.left?.key, left.includes(key) ? key : undefined)
        assert.equal(pair.right?.key, right.includes(key) ? key : undefined)
      }
    }),
  )
})
