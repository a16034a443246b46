import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { answerProblems, type Exchange } from './check-answer.ts'

const json = { 'content-type': 'application/json' }
const exchange = (part: Partial<Exchange>): Exchange => ({
  method: 'GET',
  target: '/version',
  status: 200,
  headers: json,
  body: '{"version":"1"}\n',
  trailers: {},
  ...part,
})
const found = (part: Partial<Exchange>) => answerProblems(exchange(part))
const stream = { target: '/pins?local=false', headers: { ...json, trailer: 'X-Stream-Error' }, body: '' }

suite('answers that the Go client cannot read are found', () => {
  test('a success of another code than 200 and 204', () => assert.equal(found({ status: 202 }).length, 1))
  test('a document of the wrong type', () => assert.equal(found({ body: '{"version":1}\n' }).length, 1))
  test('an error in another shape', () => {
    for (const body of [
      '{"error":{"reason":"x"}}\n',
      '{"message":"Not Found"}\n',
      '{"code":500,"message":"x"}\n',
      'x',
    ])
      assert.equal(found({ status: 404, body }).length > 0, true, body)
  })
  test('a stream that is an array', () => assert.equal(found({ ...stream, body: '[{}]\n' }).length, 1))
  test('a stream that does not announce its trailer', () =>
    assert.equal(found({ ...stream, headers: json, body: '{}\n' }).length, 1))
  test('a stream that ended with an error', () =>
    assert.equal(found({ ...stream, trailers: { 'x-stream-error': 'lost' } }).length, 1))
  test('an added file whose size is a text', () => {
    const body = '{"name":"a","size":"1"}\n'
    assert.equal(found({ ...stream, method: 'POST', target: '/add', body }).length, 1)
  })
  test('a route that nothing is known of', () => assert.equal(found({ target: '/nosuch' }).length, 1))
})

test('answers in the contract are taken', () => {
  assert.deepEqual(found({}), [])
  assert.deepEqual(found(stream), [])
  assert.deepEqual(found({ ...stream, body: '{}\n{}\n', trailers: { 'x-stream-error': '' } }), [])
  assert.deepEqual(found({ status: 204, headers: {}, body: '' }), [])
  assert.deepEqual(found({ status: 405, body: '' }), [])
  assert.deepEqual(found({ status: 404, body: '{"code":404,"message":"not found"}\n' }), [])
  const body = '[{"name":"a","size":1}]\n'
  assert.deepEqual(found({ method: 'POST', target: '/add?stream-channels=false', body }), [])
})
