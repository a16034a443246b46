import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf, PermanentError, TransientError } from './errors.ts'
import { failureCodes } from './failure-codes.ts'

const timeout = 5_000

test('an error with a code tells its code, its text and what is missing', { timeout }, () => {
  const error = new TransientError('dag-incomplete', 'two are missing', { missingCids: ['a', 'b'] })
  assert.deepEqual(failureOf(error), {
    code: 'dag-incomplete',
    message: 'two are missing',
    missingCids: ['a', 'b'],
  })
})

test('the text of an error without a code stays inside: it may quote queries or hosts', { timeout }, () => {
  for (const thrown of [new Error('Failed query: select secret'), 'text', undefined, { odd: true }])
    assert.deepEqual(failureOf(thrown), { code: 'internal', message: failureCodes.internal, missingCids: [] })
})

test('a text that is told is one short line of Unicode without NUL', { timeout }, () => {
  const { message } = failureOf(new PermanentError('wrong-root', `root \0\n\ud800${'x'.repeat(5_000)}`))
  assert.equal(message.slice(0, 8), 'root  \ufffdx')
  assert.equal(message.length, 1_000)
})
