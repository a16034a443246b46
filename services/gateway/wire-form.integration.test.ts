import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { startTestApp, type TestApp } from './testing/test-app.ts'

const timeout = 20_000
const cid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const origin = 'https://x.example'
const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(user).toString('base64')}` })
const settings = {
  CLUSTER_BASIC_AUTH_TOKEN: Buffer.from('user:secret').toString('base64'),
  CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: 'anna:a:b,jürgen:pässwörd',
  REQUEST_TIMEOUT_MS: '500',
}

let app: TestApp
let port: number
before(async () => {
  app = await startTestApp({ settings })
  port = Number(new URL(await app.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
after(() => app[Symbol.asyncDispose]())

type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'OPTIONS'
async function ask(method: Method, url: string, headers: Record<string, string> = basic('user:secret')) {
  const answer = await app.app.inject({ method, url, headers })
  return { status: answer.statusCode, headers: answer.headers, body: answer.body }
}

/** What the gateway says to these bytes until it closes the connection. */
async function say(request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(request)
  return text(socket)
}

const hasCors = (headers: object) => Object.keys(headers).some(name => name.startsWith('access-control-'))

test('who may not ask learns nothing: no route, no method, no redirect, no CORS', { timeout }, async () => {
  for (const [method, url] of [
    ['GET', '/pins'],
    ['GET', '/pins/'],
    ['PUT', '/pins'],
    ['GET', '/nothing'],
    ['POST', '/token'],
    ['GET', '/health/'],
    ['HEAD', '/health'],
    ['GET', '/health/graph'],
  ] as const) {
    const { status, headers, body } = await ask(method, url, { origin })
    assert.equal(status, 401, `${method} ${url}`)
    assert.equal(hasCors(headers), false)
    assert.deepEqual(headers['www-authenticate'], [
      'Bearer realm="Restricted IPFS Cluster API"',
      'Basic realm="Restricted IPFS Cluster API"',
    ])
    if (method !== 'HEAD') assert.equal(body, '{"code":401,"message":"unauthorized: no auth provided"}\n')
  }
})

test('who may ask is redirected, told of a wrong method, or that there is nothing, each with CORS', {
  timeout,
}, async () => {
  const headers = { ...basic('user:secret'), origin }
  const redirect = await ask('GET', '/pins/?filter=pinned', headers)
  assert.deepEqual([redirect.status, redirect.headers['location']], [307, '/pins?filter=pinned'])
  const nothing = await ask('GET', '/nothing', headers)
  assert.deepEqual([nothing.status, nothing.body], [404, '{"code":404,"message":"not found"}\n'])
  for (const answer of [redirect, nothing]) assert.equal(hasCors(answer.headers), true)
  const wrong = await ask('PUT', `/pins/${cid}`, headers)
  assert.deepEqual([wrong.status, wrong.headers['allow']], [405, 'DELETE, GET, POST'])
  assert.equal((await ask('HEAD', '/pins', headers)).status, 405)
})

test('health, the document, its page and preflights need no credentials', { timeout }, async () => {
  assert.equal((await ask('GET', '/health', {})).status, 204)
  for (const url of ['/health/live', '/openapi.json', '/docs'])
    assert.equal((await ask('GET', url, {})).status, 200, url)
  const preflight = await ask('OPTIONS', '/pins', { origin, 'access-control-request-method': 'GET' })
  assert.equal(preflight.status, 204)
})

test('all users see the same pins, by password and by token', { timeout }, async () => {
  await ask('POST', `/pins/${cid}?name=shared`)
  for (const user of ['user:secret', 'anna:a:b', 'jürgen:pässwörd']) {
    const { token } = JSON.parse((await ask('POST', '/token', basic(user))).body)
    for (const headers of [basic(user), { authorization: `Bearer ${token}` }])
      assert.equal(JSON.parse((await ask('GET', `/pins/${cid}`, headers)).body).name, 'shared')
  }
})

test('every answer of every route that reads is plain JSON in lines', { timeout }, async () => {
  const { paths } = JSON.parse((await ask('GET', '/openapi.json', {})).body) as {
    paths: Record<string, object>
  }
  const urls = Object.keys(paths).filter(path => 'get' in (paths[path] ?? {}) && !path.startsWith('/psa/'))
  assert.ok(urls.length > 10)
  for (const url of urls) {
    const { status, headers, body } = await ask('GET', url.replace(/\{\w+\}/, cid))
    if (status === 204) continue
    assert.equal(headers['content-type'], 'application/json', url)
    assert.ok(body === '' || body.endsWith('\n'), url)
    for (const line of body.split('\n').slice(0, -1)) JSON.parse(line)
  }
})

test('a body where none belongs changes nothing', { timeout }, async () => {
  for (const [type, payload] of Object.entries({ 'application/json': '{broken', 'text/xml': '<x/>' })) {
    const headers = { ...basic('user:secret'), 'content-type': type }
    const { statusCode, body } = await app.app.inject({
      method: 'POST',
      url: `/pins/${cid}?name=fine`,
      headers,
      payload,
    })
    assert.deepEqual([statusCode, JSON.parse(body).name], [200, 'fine'])
  }
})

test('what is no request, or too much of one, or too slow, is an error in the same shape, and nothing is stored', {
  timeout,
}, async () => {
  const before = await app.pinCount()
  const other = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
  const head = (more: string) =>
    `POST /pins/${other} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('user:secret').authorization}\r\n${more}`
  const cases = {
    'a line that is no request': ['nonsense\r\n\r\n', 400],
    'a path that is badly encoded': [
      'GET /pins/%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      400,
    ],
    'a header of 1 MiB': [head(`X-Large: ${'x'.repeat(1024 ** 2)}\r\n\r\n`), 431],
    'a query of 1 MiB': [`GET /pins?cids=${'x'.repeat(1024 ** 2)} HTTP/1.1\r\n\r\n`, 431],
    'a body that is too large': [head('Content-Length: 99999999\r\nConnection: close\r\n\r\n'), 413],
    'a body that does not come': [head('Content-Length: 5\r\n\r\nabc'), 408],
    'headers that do not end': [head(''), 408],
    'two lengths': [head('Content-Length: 1\r\nContent-Length: 2\r\n\r\nab'), 400],
  } as const
  for (const [what, [request, status]] of Object.entries(cases)) {
    const answer = await say(request)
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${what}: ${answer}`)
    assert.match(answer, /\r\ncontent-type: application\/json\r\n/i, what)
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
    assert.equal(body.at(-1), '\n', what)
    assert.deepEqual(Object.keys(JSON.parse(body)), ['code', 'message'], what)
    assert.equal(JSON.parse(body).code, status, what)
  }
  assert.equal(await app.pinCount(), before)
})

test('an API without users is open, and has no tokens to give', { timeout }, async () => {
  await using open = await startTestApp()
  assert.equal((await open.call('GET', '/pins')).status, 200)
  const { status, text: body } = await open.call('POST', '/token')
  assert.deepEqual([status, body], [401, '{"code":401,"message":"unauthorized"}\n'])
})
