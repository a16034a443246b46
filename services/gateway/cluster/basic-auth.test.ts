import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from '#libs/http/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { requireBasicAuth } from './basic-auth.ts'

const timeout = 5_000
const encode = (text: string) => Buffer.from(text).toString('base64')

async function answerTo(url: string, authorization?: string) {
  const server = createServer({
    log: createLogger('test', 'silent'),
    errorBody: (code, message) => ({ code, message }),
    isBackendAway: () => false,
    maxHeaderBytes: 4_096,
    requestTimeoutMs: 5_000,
  })
  requireBasicAuth(server, encode('user:secret'))
  server.get('/private', () => ({}))
  server.get('/public', { config: { public: true } }, () => ({}))
  const answer = await server.inject({ url, headers: authorization ? { authorization } : {} })
  await server.close()
  return answer
}

test('the right credentials open a route', { timeout }, async () => {
  assert.equal((await answerTo('/private', `Basic ${encode('user:secret')}`)).statusCode, 200)
})

test('missing credentials are asked for, in the words of ipfs-cluster', { timeout }, async () => {
  const { statusCode, headers, body } = await answerTo('/private')
  assert.equal(statusCode, 401)
  assert.equal(headers['www-authenticate'], 'Basic realm="Restricted IPFS Cluster API"')
  assert.deepEqual(JSON.parse(body), { code: 401, message: 'unauthorized: no auth provided' })
})

test('wrong credentials are refused, whatever their form', { timeout }, async () => {
  const wrong = ['user:wrong', 'user:secret ', 'User:secret', ':', 'user:secre', 'user:secret2'].map(
    text => `Basic ${encode(text)}`,
  )
  for (const authorization of [...wrong, 'Basic', `Bearer ${encode('user:secret')}`, 'Basic ü']) {
    const { statusCode, body } = await answerTo('/private', authorization)
    assert.equal(statusCode, 401, authorization)
    assert.deepEqual(JSON.parse(body), { code: 401, message: 'unauthorized: access denied' })
  }
})

test('an unknown path tells nothing without credentials', { timeout }, async () => {
  assert.equal((await answerTo('/nothing')).statusCode, 401)
  assert.equal((await answerTo('/nothing', `Basic ${encode('user:secret')}`)).statusCode, 404)
})

test('a public route is open', { timeout }, async () => {
  assert.equal((await answerTo('/public')).statusCode, 200)
})
