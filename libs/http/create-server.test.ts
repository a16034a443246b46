import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { Type } from 'typebox'
import { HttpError } from './http-error.ts'
import { AwayError, createTestServer } from './testing/test-server.ts'

const timeout = 10_000

function serverOf() {
  const server = createTestServer()
  server.get('/fine', () => ({ fine: true }))
  server.get('/bug', () => Promise.reject(new Error('the password is secret')))
  server.get('/away', () => Promise.reject(new AwayError('connect to 10.0.0.1 refused')))
  server.get('/refused', () => Promise.reject(new HttpError(422, 'cid: no CID')))
  server.get('/broken', () => Promise.reject(new HttpError(502, 'the peer answered nonsense')))
  server.get('/params/:text', ({ params }) => params)
  server.post(
    '/number',
    { schema: { body: Type.Object({ count: Type.Integer({ minimum: 1 }) }) } },
    () => ({}),
  )
  return server
}

/** Every answer is one line of plain JSON. */
async function answerTo(url: string, options: { method?: 'GET' | 'POST'; payload?: string | object } = {}) {
  await using server = serverOf()
  const { statusCode, headers, body } = await server.inject({ url, ...options })
  assert.equal(headers['content-type'], 'application/json')
  assert.match(body, /^.+\n$/)
  return { statusCode, headers, body: JSON.parse(body) as unknown }
}

test('an unknown path answers 404 in the shape of all errors', { timeout }, async () => {
  const answer = await answerTo('/nothing')
  assert.equal(answer.statusCode, 404)
  assert.deepEqual(answer.body, { code: 404, message: 'not found' })
})

test('a path that is not well encoded answers 400 in the same shape', { timeout }, async () => {
  const { statusCode, body } = await answerTo('/params/%E0%A4%A')
  assert.equal(statusCode, 400)
  assert.equal((body as { code: number }).code, 400)
})

test('a body that breaks its schema answers 400 and names the field and the rule', { timeout }, async () => {
  const { statusCode, body } = await answerTo('/number', { method: 'POST', payload: { count: 0 } })
  assert.equal(statusCode, 400)
  assert.match((body as { message: string }).message, /count.*>= 1/)
})

test('a body that is no JSON answers 400 in the same shape', { timeout }, async () => {
  await using server = serverOf()
  const headers = { 'content-type': 'application/json' }
  const answer = await server.inject({ method: 'POST', url: '/number', headers, payload: '{' })
  assert.equal(answer.statusCode, 400)
  assert.deepEqual(Object.keys(answer.json()), ['code', 'message'])
})

test('an error that is thrown for the client shows its text and status', { timeout }, async () => {
  assert.deepEqual((await answerTo('/refused')).body, { code: 422, message: 'cid: no CID' })
  assert.deepEqual((await answerTo('/broken')).body, { code: 502, message: 'the peer answered nonsense' })
})

test('an error of the handler answers 500 and hides its text', { timeout }, async () => {
  const { statusCode, headers, body } = await answerTo('/bug')
  assert.equal(statusCode, 500)
  assert.deepEqual(body, { code: 500, message: 'Internal Server Error' })
  assert.equal(headers['retry-after'], undefined)
})

test('a backend that is away answers 503 with Retry-After and hides the text', { timeout }, async () => {
  const { statusCode, headers, body } = await answerTo('/away')
  assert.equal(statusCode, 503)
  assert.deepEqual(body, { code: 503, message: 'Service Unavailable' })
  assert.match(String(headers['retry-after']), /^\d+$/)
})

test('an answer is written whole, in its own order, and ends with a newline, whatever the schema says', {
  timeout,
}, async () => {
  await using server = serverOf()
  const response = { 200: Type.Object({ b: Type.String(), a: Type.String() }) }
  server.get('/wider', { schema: { response } }, () => ({ more: [1], a: '1', b: '2' }))
  const { headers, body } = await server.inject('/wider')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(body, '{"more":[1],"a":"1","b":"2"}\n')
})

test('a path parameter as long as the longest CIDs is no error', { timeout }, async () => {
  assert.equal((await answerTo(`/params/${'z'.repeat(500)}`)).statusCode, 200)
})

test('headers that are too large and requests that are no HTTP get an error in the same shape', {
  timeout,
}, async () => {
  await using server = serverOf()
  const port = await server.listenOnLoopback()
  const large = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const headers = { 'x-large': 'x'.repeat(8_000) }
    httpRequest({ host: '127.0.0.1', port, path: '/fine', headers }, response => {
      text(response).then(body => resolve({ status: response.statusCode, body }), reject)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(large.status, 431)
  assert.deepEqual(JSON.parse(large.body), { code: 431, message: 'Request Header Fields Too Large' })

  const flood = connect(port, '127.0.0.1')
  flood.write(`GET /fine HTTP/1.1\r\nX-Large: ${'x'.repeat(1024 ** 2)}`)
  assert.match(await text(flood), /^HTTP\/1\.1 431 /)

  const socket = connect(port, '127.0.0.1')
  socket.end('nonsense\r\n\r\n')
  const answer = await text(socket)
  assert.match(answer, /^HTTP\/1\.1 400 /)
  assert.match(answer, /\{"code":400,"message":"Bad Request"\}\n$/)
})

test('a reader who takes nothing of a large answer is disconnected', { timeout }, async () => {
  await using server = createTestServer({ requestTimeoutMs: 500 })
  const closed = Promise.withResolvers<boolean>()
  server.get('/large', (_request, reply) => {
    reply.raw.once('close', () => closed.resolve(reply.raw.writableFinished))
    return { text: 'x'.repeat(16 * 1024 ** 2) }
  })
  const client = connect(await server.listenOnLoopback(), '127.0.0.1').pause()
  client.on('error', () => {}).write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.equal(await closed.promise, false)
  client.destroy()
})
