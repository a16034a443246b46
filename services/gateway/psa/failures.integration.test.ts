import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { connectDatabase, pins } from '#libs/db/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { createApp } from '../app.ts'
import { readGatewayConfig } from '../config.ts'
import { natsIsAway } from '../testing/nats-is-away.ts'
import { type Answer, type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf, v0 } from './testing/test-cids.ts'

const timeout = 20_000
const unknownId = '00000000-0000-4000-8000-000000000000'
type Client = Awaited<ReturnType<PinningApp['client']>>
let app: PinningApp
let user: Client
before(async () => {
  app = await startPinningApp()
  user = await app.client('alice')
})
after(() => app[Symbol.asyncDispose]())

/** Exactly what the specification's validators accept, in a form that clients decode. */
function assertFailure({ status, headers, body }: Answer, expected: number, reason: string) {
  assert.equal(status, expected, JSON.stringify(body))
  assert.equal(headers['content-type'], 'application/json')
  assert.deepEqual(Object.keys(body), ['error'])
  assert.deepEqual(Object.keys(body.error), ['reason', 'details'])
  assert.equal(body.error.reason, reason)
  assert.ok(body.error.details.length > 0)
}

test('a pin that breaks a rule is 400, says which, and stores nothing', { timeout }, async () => {
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, 'v']))
  for (const [pin, details] of [
    [{}, /^cid: /],
    [{ cid: '' }, /^cid: /],
    [{ cid: 'nonsense' }, /^cid: /],
    [{ cid: 7 }, /^cid: /],
    [{ cid: `${v0} ` }, /^cid: /],
    [{ cid: v0, name: 'n'.repeat(256) }, /^name: .*255/],
    [{ cid: v0, name: 7 }, /^name: /],
    [{ cid: v0, name: 'a\0b' }, /^name: /],
    [{ cid: v0, name: '\ud800' }, /^name: /],
    [{ cid: v0, meta: { a: 1 } }, /^meta\.a: /],
    [{ cid: v0, meta: { a: null } }, /^meta\.a: /],
    [{ cid: v0, meta: { a: '\0' } }, /^meta\.a: /],
    [{ cid: v0, meta: { 'a\0': '' } }, /^meta\.a: /],
    [{ cid: v0, meta: [] }, /^meta: /],
    [{ cid: v0, meta: many }, /^meta: .*1000/],
    [{ cid: v0, meta: { a: 'x'.repeat(16 * 1024) } }, /^meta: .*16384/],
    [{ cid: v0, origins: 'nonsense' }, /^origins: /],
    [[], /body/],
    ['7', /body/],
    ['null', /body/],
    ['{', /./],
    ['', /./],
    ['{"cid":"x","__proto__":{}}', /./],
  ] as const) {
    const answer = await user.add(pin)
    assertFailure(answer, 400, 'BAD_REQUEST')
    assert.match(answer.body.error.details, details)
  }
  assert.equal((await app.db.select().from(pins)).length, 0)
})

test('limits are what may still be sent', { timeout }, async () => {
  const meta = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 'v']))
  const name = '🍏'.repeat(255)
  const { status, body } = await user.add({ cid: cidOf('limits'), name, meta })
  assert.equal(status, 202)
  assert.deepEqual([body.pin.name, body.pin.meta], [name, meta])
})

test('a body that is too large is 413, one of another type 415', { timeout }, async () => {
  const large = await user.add({ cid: v0, meta: { a: 'x'.repeat(1024 ** 2) } })
  assertFailure(large, 413, 'CONTENT_TOO_LARGE')
  const { token } = user
  const headers = { 'content-type': 'text/plain' }
  const typed = await app.request('POST', '/psa/pins', { token, headers, body: '{}' })
  assertFailure(typed, 415, 'UNSUPPORTED_MEDIA_TYPE')
})

test('a requestid that the account has no pin of is 404, whatever its form', { timeout }, async () => {
  for (const id of [unknownId, 'x', 'a%00b', v0, '%F0%9F%8D%8F']) {
    assertFailure(await user.get(id), 404, 'NOT_FOUND')
    assertFailure(await user.remove(id), 404, 'NOT_FOUND')
    assertFailure(await user.replace(id, { cid: v0 }), 404, 'NOT_FOUND')
  }
})

test('paths, methods and URLs that there are not are refused in the same shape', { timeout }, async () => {
  const { token } = user
  for (const path of ['/psa', '/psa/nothing', '/psa/pins/x/y', '/psa/id'])
    assertFailure(await app.request('GET', path, { token }), 404, 'NOT_FOUND')
  const put = await app.request('PUT', '/psa/pins', { token, body: { cid: v0 } })
  assertFailure(put, 405, 'METHOD_NOT_ALLOWED')
  assert.equal(put.headers['allow'], 'GET, POST')
  const deleted = await app.request('DELETE', '/psa/pins', { token })
  assertFailure(deleted, 405, 'METHOD_NOT_ALLOWED')
  assertFailure(await app.request('GET', '/psa/pins/%E0%A4%A', { token }), 400, 'BAD_REQUEST')
})

test('the API of ipfs-cluster keeps its own shape of errors', { timeout }, async () => {
  for (const path of ['/nothing', '/psalm', '/pins/nonsense'])
    assert.deepEqual(Object.keys((await app.request('GET', path)).body), ['code', 'message'])
})

test('bytes that are no request get the shape of the path they were sent to', { timeout }, async () => {
  const port = Number(new URL(await app.app.listen({ host: '127.0.0.1', port: 0 })).port)
  const socket = connect(port, '127.0.0.1')
  socket.end('GET /psa/pins HTTP/1.1\r\nbad header\r\n\r\n')
  const answer = await text(socket)
  assert.match(answer, /^HTTP\/1\.1 400 /)
  assert.match(answer, /\r\n\r\n\{"error":\{"reason":"BAD_REQUEST","details":"Bad Request"\}\}\n$/)
})

test('while Postgres is away everything is 503 with Retry-After', { timeout }, async () => {
  const config = readGatewayConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' })
  const log = createLogger('test', 'silent')
  await using db = connectDatabase('test', config, log)
  const server = await createApp({
    config,
    db,
    liveJob: () => undefined,
    liveNodes: () => [],
    nodesHeardAt: () => new Date(),
    natsView: natsIsAway,
    wakeOutbox: () => {},
    checks: {},
    log,
  })
  const { statusCode, headers, body } = await server.inject({
    url: '/psa/pins',
    headers: { authorization: 'Bearer x' },
  })
  await server.close()
  assertFailure(
    { status: statusCode, headers, text: body, body: JSON.parse(body) },
    503,
    'INTERNAL_SERVER_ERROR',
  )
  assert.match(String(headers['retry-after']), /^\d+$/)
})
