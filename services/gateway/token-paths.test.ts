import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOfTokenApi } from './token-paths.ts'

const timeout = 5_000

test('everything under /psa and /operator takes tokens of accounts, and nothing else', { timeout }, () => {
  for (const target of ['/psa', '/psa/', '/psa/pins?x', '/psa?x', '/psa/nothing', '/operator', '/operator/x'])
    assert.equal(isOfTokenApi(target), true, target)
  for (const target of [undefined, '/', '/pins', '/psalm', '/x/psa', '/operators'])
    assert.equal(isOfTokenApi(target), false)
})
