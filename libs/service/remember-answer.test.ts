import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rememberAnswer } from './remember-answer.ts'

const timeout = 5_000

test('an answer is remembered for its time, and those who ask meanwhile share it', { timeout }, t => {
  let asked = 0
  t.mock.method(performance, 'now', () => now)
  let now = 1_000
  const ask = rememberAnswer(async () => ++asked > 1, 3_000)
  assert.equal(ask(), ask())
  now = 3_999
  assert.equal(ask(), ask())
  assert.equal(asked, 1)
  now = 4_000
  assert.equal(ask(), ask())
  assert.equal(asked, 2)
})
