import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestServer } from '#libs/http/testing/test-server.ts'
import { readGatewayConfig } from '../config.ts'
import { shareWithOrigins } from './share-with-origins.ts'

const timeout = 5_000
const origin = 'https://x.example'

type Request = { method?: 'GET' | 'POST' | 'OPTIONS'; url?: string; headers?: Record<string, string> }

/** The headers of CORS in an answer. */
async function sharingOf({ method = 'GET', url = '/pins', headers = {} }: Request, settings = {}) {
  await using server = createTestServer()
  await shareWithOrigins(server, readGatewayConfig({ DATABASE_URL: 'postgres://x', ...settings }))
  server.get('/pins', () => ({}))
  server.post('/pins', () => ({}))
  const answer = await server.inject({ method, url, headers })
  const found = Object.entries(answer.headers).filter(([name]) => /^(access-control-|vary)/.test(name))
  return { status: answer.statusCode, headers: Object.fromEntries(found) }
}

test('by default every page may read, with credentials, as with ipfs-cluster', { timeout }, async () => {
  assert.deepEqual(await sharingOf({ headers: { origin } }), {
    status: 200,
    headers: {
      vary: 'Origin',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Content-Type, X-Stream-Output, X-Chunked-Output, X-Content-Length',
    },
  })
})

test('by default no page may write', { timeout }, async () => {
  assert.deepEqual((await sharingOf({ method: 'POST', headers: { origin } })).headers, { vary: 'Origin' })
  const headers = { origin, 'access-control-request-method': 'POST' }
  const preflight = await sharingOf({ method: 'OPTIONS', headers })
  assert.equal(preflight.headers['access-control-allow-methods'], 'GET')
})

test('a request of no page is answered without CORS', { timeout }, async () => {
  assert.deepEqual(await sharingOf({}), { status: 200, headers: { vary: 'Origin' } })
})

test('a preflight is answered by itself, on any path', { timeout }, async () => {
  const headers = { origin, 'access-control-request-method': 'GET' }
  for (const url of ['/pins', '/nothing'])
    assert.deepEqual(await sharingOf({ method: 'OPTIONS', url, headers }), {
      status: 204,
      headers: {
        vary: 'Origin, Access-Control-Request-Headers',
        'access-control-allow-origin': '*',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET',
      },
    })
})

test('a preflight that asks for headers gets those that are allowed', { timeout }, async () => {
  const headers = {
    origin,
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization',
  }
  const answer = await sharingOf({ method: 'OPTIONS', headers })
  assert.equal(answer.headers['access-control-allow-headers'], 'Accept, Content-Type, X-Requested-With')
})

test('OPTIONS that is no preflight is a method that the path does not have', { timeout }, async () => {
  assert.equal((await sharingOf({ method: 'OPTIONS' })).status, 405)
  assert.equal((await sharingOf({ method: 'OPTIONS', url: '/nothing' })).status, 404)
})

test('the settings narrow and widen it', { timeout }, async () => {
  const settings = {
    CLUSTER_RESTAPI_CORSALLOWEDORIGINS: `${origin}, https://y.example`,
    CLUSTER_RESTAPI_CORSALLOWEDMETHODS: 'GET,POST',
    CLUSTER_RESTAPI_CORSALLOWCREDENTIALS: 'false',
    CLUSTER_RESTAPI_CORSMAXAGE: '1h30m',
  }
  const asked = { 'access-control-request-method': 'POST' }
  const allowed = await sharingOf({ method: 'OPTIONS', headers: { origin, ...asked } }, settings)
  assert.deepEqual(allowed.headers, {
    vary: 'Origin, Access-Control-Request-Headers',
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST',
    'access-control-max-age': '5400',
  })
  const other = { origin: 'https://z.example' }
  assert.equal(
    (await sharingOf({ headers: other }, settings)).headers['access-control-allow-origin'],
    undefined,
  )
})
