import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAdoptCopy } from './adopt-copy.ts'

const timeout = 5_000
const car = { bucket: 'cars', key: 'bag/bag.car' }

async function adopt({ root, known = false }: { root?: string; known?: boolean }): Promise<unknown[]> {
  const adopted: unknown[] = []
  const adoptCopy = createAdoptCopy({
    storage: {
      head: async () =>
        root === undefined ? undefined : { sizeBytes: 100, etag: '"e"', metadata: { root } },
    },
    isCarKnown: async () => known,
    adoptCar: async of => adopted.push(of),
  })
  await adoptCopy('cid', car)
  return adopted
}

test('a copy that was proven for the content and that nobody knows becomes its CAR', {
  timeout,
}, async () => {
  assert.deepEqual(await adopt({ root: 'cid' }), [{ cid: 'cid', ...car }])
})

test('without a copy nothing is adopted', { timeout }, async () => {
  assert.deepEqual(await adopt({}), [])
})

test('a CAR that a content knows is left to it', { timeout }, async () => {
  assert.deepEqual(await adopt({ root: 'cid', known: true }), [])
})

test('the CAR of another root is never adopted, whatever an event says', { timeout }, async () => {
  assert.deepEqual(await adopt({ root: 'other' }), [])
})
