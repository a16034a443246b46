import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { HttpError } from './http-error.ts'
import { answerOf, listServer } from './testing/list-server.ts'
import { AwayError } from './testing/test-server.ts'

const timeout = 10_000

test('objects come one a line, with an announced trailer that is empty when all went well', {
  timeout,
}, async () => {
  const answer = await answerOf(async function* () {
    yield [{ n: 1 }, { n: 2 }]
    yield []
    yield [{ n: 3 }]
  })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.headers['transfer-encoding'], 'chunked')
  assert.match(String(answer.headers.trailer), /^x-stream-error$/i)
  assert.equal(answer.body, '{"n":1}\n{"n":2}\n{"n":3}\n')
  assert.deepEqual({ ...answer.trailers }, { 'x-stream-error': '' })
})

test('a page leaves before the next one is there', { timeout }, async () => {
  const more = Promise.withResolvers<void>()
  await using server = await listServer(async function* () {
    yield [{ n: 1 }]
    await more.promise
    yield [{ n: 2 }]
  })
  const [response] = (await once(get({ host: '127.0.0.1', port: server.port }), 'response')) as [
    IncomingMessage,
  ]
  const [first] = await once(response.setEncoding('utf8'), 'data')
  assert.equal(first, '{"n":1}\n')
  more.resolve()
  assert.equal(await text(response), '{"n":2}\n')
})

test('a list without objects has the status that was asked for and no body', { timeout }, async () => {
  async function* nothing() {
    yield []
  }
  for (const emptyStatus of [200, 204] as const) {
    const { statusCode, headers, body } = await answerOf(nothing, { emptyStatus })
    assert.equal(statusCode, emptyStatus)
    assert.equal(headers['content-length'], emptyStatus === 200 ? '0' : undefined)
    assert.equal(body, '')
  }
})

test('an error before the first object is an ordinary error answer', { timeout }, async () => {
  const failing = (error: Error) => () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
  })
  const away = await answerOf(failing(new AwayError('10.0.0.1 refused')))
  assert.equal(away.statusCode, 503)
  assert.equal(away.headers.trailer, undefined)
  assert.equal(away.body, '{"code":503,"message":"Service Unavailable"}\n')
  const wrong = await answerOf(failing(new HttpError(400, 'invalid filter value')))
  assert.equal(wrong.body, '{"code":400,"message":"invalid filter value"}\n')
})

test('an error after the first object stands in the trailer, on one line, without internals', {
  timeout,
}, async () => {
  const failingLater = (error: Error) =>
    async function* () {
      yield [{ n: 1 }]
      throw error
    }
  const trailerOf = async (error: Error) => {
    const { statusCode, body, trailers } = await answerOf(failingLater(error))
    assert.deepEqual([statusCode, body], [200, '{"n":1}\n'])
    return Buffer.from(trailers['x-stream-error'] ?? '', 'latin1').toString()
  }
  assert.equal(await trailerOf(new Error('the password is secret')), 'Internal Server Error')
  assert.equal(await trailerOf(new AwayError('10.0.0.1 refused')), 'Service Unavailable')
  assert.equal(await trailerOf(new HttpError(502, 'Käse:\r\nno ✓')), 'Käse: no ✓')
})
