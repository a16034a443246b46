import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureBody } from './failure-body.ts'

const timeout = 5_000

test('a failure has the reason of the specification for its status', { timeout }, () => {
  for (const [status, reason] of [
    [400, 'BAD_REQUEST'],
    [401, 'UNAUTHORIZED'],
    [404, 'NOT_FOUND'],
    [409, 'INSUFFICIENT_FUNDS'],
    [429, 'TOO_MANY_REQUESTS'],
    [418, 'BAD_REQUEST'],
    [500, 'INTERNAL_SERVER_ERROR'],
    [503, 'INTERNAL_SERVER_ERROR'],
  ] as const)
    assert.deepEqual(failureBody(status, 'why'), { error: { reason, details: 'why' } })
})
