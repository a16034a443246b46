import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { Type } from 'typebox'
import { createTestServer } from './testing/test-server.ts'

const timeout = 10_000
const mebibyte = 1024 ** 2

function serverOf(options?: Parameters<typeof createTestServer>[0]) {
  const server = createTestServer(options)
  const bodies: unknown[] = []
  server.post('/none', ({ body }) => ({ handled: bodies.push(body) }))
  server.get('/none', () => ({ handled: bodies.push(undefined) }))
  server.post('/json', { schema: { body: Type.Object({ n: Type.Integer() }) } }, ({ body }) => ({
    handled: bodies.push(body),
  }))
  return Object.assign(server, { bodies })
}

type Server = ReturnType<typeof serverOf>
const post = (server: Server, url: string, type: string | undefined, payload: string | Readable) =>
  server.inject({ method: 'POST', url, headers: type ? { 'content-type': type } : {}, payload })

/** What the server says to these bytes, on one connection, until it closes it. */
async function sayTo(server: Server, ...parts: string[]): Promise<string> {
  const socket = connect(await server.listenOnLoopback(), '127.0.0.1')
  for (const part of parts) socket.write(part)
  return text(socket)
}

test('a body where none belongs is ignored, of whatever type, and never kept', { timeout }, async () => {
  await using server = serverOf()
  for (const type of ['application/json', 'text/xml', 'application/x-www-form-urlencoded', undefined]) {
    const answer = await post(server, '/none', type, '{ not even JSON')
    assert.equal(answer.statusCode, 200, type)
  }
  assert.deepEqual(server.bodies, [undefined, undefined, undefined, undefined])
})

test('a body that is too large answers 413, whether it says so or not, and nothing is handled', {
  timeout,
}, async () => {
  await using server = serverOf()
  const large = ['x'.repeat(mebibyte), 'x']
  for (const url of ['/none', '/json'])
    for (const payload of [large.join(''), Readable.from(large.map(part => Buffer.from(part)))]) {
      const answer = await post(server, url, 'application/json', payload)
      assert.equal(answer.statusCode, 413, url)
      assert.equal(answer.json().message, 'the body is larger than 1048576 bytes')
    }
  assert.deepEqual(server.bodies, [])
})

test('a route with a body takes JSON and nothing else', { timeout }, async () => {
  await using server = serverOf()
  assert.equal((await post(server, '/json', 'application/json', '{"n":1}')).statusCode, 200)
  assert.equal((await post(server, '/json', 'application/json', '{"n":')).statusCode, 400)
  assert.equal((await post(server, '/json', 'application/json', '{"n":1,"__proto__":{}}')).statusCode, 400)
  assert.equal((await post(server, '/json', 'text/xml', '<n/>')).statusCode, 415)
  assert.deepEqual(server.bodies, [{ n: 1 }])
})

test('a body that does not arrive in time answers 408, and nothing is handled', { timeout }, async () => {
  await using server = serverOf({ requestTimeoutMs: 100 })
  const answer = await sayTo(server, 'POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
  assert.match(answer, /^HTTP\/1\.1 408 .*\{"code":408,"message":"the body did not arrive in time"\}\n$/s)
  assert.deepEqual(server.bodies, [])
})

test('headers that do not arrive in time answer 408', { timeout }, async () => {
  await using server = serverOf({ requestTimeoutMs: 100 })
  const answer = await sayTo(server, 'POST /none HTTP/1.1\r\nHost: x\r\n')
  assert.match(answer, /^HTTP\/1\.1 408 .*\{"code":408,"message":"Request Timeout"\}\n$/s)
})

test('a body that breaks off is not handled', { timeout }, async () => {
  await using server = serverOf()
  const answered = once(server.server, 'connection').then(([socket]) => once(socket, 'close'))
  const socket = connect(await server.listenOnLoopback(), '127.0.0.1')
  socket.end('POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
  await answered
  assert.deepEqual(server.bodies, [])
})

test('the body of a GET, and of a request that is refused, leaves the connection usable', {
  timeout,
}, async () => {
  await using server = serverOf()
  const ask = (method: string, path: string, more = '') =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n${more}\r\n12345`
  const answer = await sayTo(
    server,
    ask('GET', '/none'),
    ask('PUT', '/none'),
    ask('POST', '/nothing'),
    ask('POST', '/none', 'Connection: close\r\n'),
  )
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
  assert.deepEqual(statuses, ['200', '405', '404', '200'])
})
