import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { measureProcess } from '#libs/telemetry/testing/measure-process.ts'
import { createTestServer } from './testing/test-server.ts'

const timeout = 10_000
const process = measureProcess()
const countOf = (labels: Record<string, string>) =>
  process.valueOf('http_server_request_duration_seconds_count', labels)

async function send(port: number, method: string, path: string): Promise<void> {
  const sent = request({ port, method, path, host: '127.0.0.1', agent: false }).end()
  const [answer] = await once(sent, 'response')
  answer.resume()
  await once(answer, 'close')
}

test('each request counts by its route and status, one without a route too', { timeout }, async () => {
  await using server = createTestServer()
  server.get('/pins/:cid', async () => ({}))
  const port = await server.listenOnLoopback()
  for (const path of ['/pins/one', '/pins/two', '/nothing/here']) await send(port, 'GET', path)
  const found = { http_route: '/pins/:cid', http_response_status_code: '200', http_request_method: 'GET' }
  assert.equal(await countOf(found), 2)
  assert.equal(await countOf({ http_response_status_code: '404' }), 1)
  const { text } = await process.read()
  assert.doesNotMatch(text, /two|nothing/)
})

test('a request whose client goes before the head of an answer is none that was answered', {
  timeout,
}, async () => {
  await using server = createTestServer()
  const arrived = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  server.get('/slow', async (_request, reply) => {
    reply.raw.once('close', closed.resolve)
    arrived.resolve()
    await closed.promise
    return {}
  })
  const port = await server.listenOnLoopback()
  const sent = request({ port, path: '/slow', host: '127.0.0.1', agent: false }).end()
  const gone = once(sent, 'error')
  await arrived.promise
  sent.destroy(new Error('the client gives up'))
  await Promise.all([gone, closed.promise])
  assert.equal(await countOf({ http_route: '/slow', http_response_status_code: '499' }), 1)
  assert.equal(await countOf({ http_route: '/slow', http_response_status_code: '200' }), undefined)
})

test('a request whose client goes in the middle of an answer has the status that was sent', {
  timeout,
}, async () => {
  await using server = createTestServer()
  const closed = Promise.withResolvers<void>()
  server.get('/stream', (_request, reply) => {
    reply.raw.once('close', closed.resolve)
    reply.hijack()
    reply.raw.writeHead(200).write('begun')
  })
  const port = await server.listenOnLoopback()
  const sent = request({ port, path: '/stream', host: '127.0.0.1', agent: false }).end()
  const [answer] = await once(sent, 'response')
  await once(answer, 'data')
  sent.destroy()
  await closed.promise
  assert.equal(await countOf({ http_route: '/stream', http_response_status_code: '200' }), 1)
})

test('a method that HTTP does not know is one of the others', { timeout }, async () => {
  await using server = createTestServer()
  const port = await server.listenOnLoopback()
  await send(port, 'PROPFIND', '/')
  assert.equal(await countOf({ http_request_method: '_OTHER' }), 1)
  assert.equal(await countOf({ http_request_method: 'PROPFIND' }), undefined)
})

test('a request that is refused because there are too many counts as well', { timeout }, async () => {
  await using server = createTestServer({ maxPendingRequests: 0 })
  server.get('/busy', async () => ({}))
  await send(await server.listenOnLoopback(), 'GET', '/busy')
  assert.equal(await countOf({ http_route: '/busy', http_response_status_code: '503' }), 1)
})
