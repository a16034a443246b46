import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PermanentError, TransientError } from '#libs/errors/index.ts'
import { HttpError } from '#libs/http/index.ts'
import { explainAddFailure } from './add-failure.ts'

const told = (error: unknown, format: 'car' | 'unixfs') => {
  const explained = explainAddFailure(error, format)
  return explained instanceof HttpError ? [explained.statusCode, explained.message] : explained
}

test('what is wrong with a CAR is told with its code and the missing CIDs', () => {
  const incomplete = new TransientError('dag-incomplete', '2 are missing', { missingCids: ['a', 'b'] })
  assert.deepEqual(told(incomplete, 'car'), [400, 'dag-incomplete: 2 are missing (a, b)'])
  assert.deepEqual(told(new PermanentError('car-too-big', 'large'), 'car'), [413, 'car-too-big: large'])
})

test('damage to a DAG that the node made is not the fault of the client, its size is', () => {
  const [status, message] = told(new TransientError('dag-incomplete', 'x'), 'unixfs') as [number, string]
  assert.equal(status, 503)
  assert.match(message, /^source-unavailable: /)
  assert.deepEqual(told(new PermanentError('too-many-blocks', 'many'), 'unixfs'), [
    400,
    'too-many-blocks: many',
  ])
})

test('a backend that is away answers 503 without its address', () => {
  for (const code of ['storage-unavailable', 'source-unavailable'] as const) {
    const [status, message] = told(new TransientError(code, 'connect ECONNREFUSED 10.0.0.1'), 'car') as [
      number,
      string,
    ]
    assert.equal(status, 503)
    assert.ok(message.startsWith(`${code}: `) && !message.includes('10.0.0.1'), message)
  }
})

test('what the node refuses is told in its words, and what is unknown stays as it is', () => {
  assert.deepEqual(told(new TransientError('internal', 'no space left'), 'unixfs'), [500, 'no space left'])
  const unknown = new Error('x')
  assert.equal(told(unknown, 'car'), unknown)
})
