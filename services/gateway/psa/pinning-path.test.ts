import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOfPinningService } from './pinning-path.ts'

const timeout = 5_000

test('everything under /psa is of the Pinning Service API, and nothing else', { timeout }, () => {
  for (const target of ['/psa', '/psa/', '/psa/pins?x', '/psa?x', '/psa/nothing'])
    assert.equal(isOfPinningService(target), true, target)
  for (const target of [undefined, '/', '/pins', '/psalm', '/x/psa'])
    assert.equal(isOfPinningService(target), false)
})
