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
