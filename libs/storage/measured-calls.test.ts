import assert from 'node:assert/strict'
import { test } from 'node:test'
import { S3Client } from '@aws-sdk/client-s3'
import { measureProcess } from '#libs/telemetry/testing/measure-process.ts'
import { createS3Calls } from './s3-calls.ts'

const timeout = 5_000
const process = measureProcess()
const count = 'pickup_s3_call_duration_seconds_count'

const times = {
  requestTimeoutMs: 1_000,
  serverWorkTimeoutMs: 1_000,
  readIdleTimeoutMs: 1_000,
  retryForMs: 1_000,
  abortGraceMs: 0,
}
const s3 = createS3Calls(new S3Client({ region: 'nowhere' }), times, undefined)
const answer = (httpStatusCode: number) => Object.assign(new Error('no'), { $metadata: { httpStatusCode } })

test('each attempt counts, by its operation and the status of an error', { timeout }, async () => {
  const outcomes = [answer(503), new Error('socket hang up')]
  const attempt = async () => {
    const error = outcomes.shift()
    if (error) throw error
    return 'there'
  }
  assert.equal(await s3.call('PutObject', 'a/b', attempt), 'there')
  assert.equal(await process.valueOf(count, { rpc_method: 'PutObject', error_type: '503' }), 1)
  assert.equal(await process.valueOf(count, { rpc_method: 'PutObject', error_type: 'no-answer' }), 1)
  assert.equal(await process.valueOf(count, { rpc_method: 'PutObject' }), 3)
})

test('a call that its caller gives up is no failure of the store', { timeout }, async () => {
  const giveUp = new AbortController()
  const attempt = async () => {
    giveUp.abort(new Error('not wanted any more'))
    throw answer(503)
  }
  await assert.rejects(s3.call('GetObject', 'a/b', attempt, { signal: giveUp.signal }), /not wanted any more/)
  assert.equal(await process.valueOf(count, { rpc_method: 'GetObject' }), undefined)
})
