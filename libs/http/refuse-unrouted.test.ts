import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from './http-error.ts'
import { createTestServer } from './testing/test-server.ts'

const timeout = 5_000

function serverOf() {
  const server = createTestServer()
  server.addHook('onRequest', async ({ headers }) => {
    if (headers.authorization === undefined) throw new HttpError(401, 'who are you')
  })
  server.get('/pins', () => ({}))
  server.get('/pins/:cid', () => ({}))
  server.delete('/pins/:cid', () => ({}))
  server.post('/pins/:cid/recover', () => ({}))
  server.post('/pins/ipfs/*', () => ({}))
  server.get('/open.json', () => ({}))
  server.options('/shared/*', () => ({}))
  server.get('/gives-up', (_request, reply) => reply.callNotFound())
  return server
}

type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'OPTIONS' | 'DELETE'
async function answerTo(method: Method, url: string, authorization: string | undefined = 'me') {
  await using server = serverOf()
  const headers = { 'content-type': 'text/xml', ...(authorization ? { authorization } : {}) }
  const payload = method === 'GET' || method === 'HEAD' ? {} : { payload: '<x/>' }
  const answer = await server.inject({ method, url, headers, ...payload })
  return { status: answer.statusCode, allow: answer.headers['allow'], body: answer.body }
}

test('a known path by another method answers 405 with the methods it has, before its body is read', {
  timeout,
}, async () => {
  const body = '{"code":405,"message":"method not allowed"}\n'
  const allowedAt = async (method: Method, url: string) => {
    const answer = await answerTo(method, url)
    assert.deepEqual([answer.status, method === 'HEAD' || answer.body === body], [405, true], url)
    return answer.allow
  }
  assert.equal(await allowedAt('PUT', '/pins'), 'GET')
  assert.equal(await allowedAt('PUT', '/pins?filter=/a/b'), 'GET')
  assert.equal(await allowedAt('POST', '/pins/some%2Fcid'), 'DELETE, GET')
  assert.equal(await allowedAt('OPTIONS', '/pins/cid'), 'DELETE, GET')
  assert.equal(await allowedAt('GET', '/pins/cid/recover'), 'POST')
  assert.equal(await allowedAt('DELETE', '/pins/ipfs/a/b/c'), 'POST')
  assert.equal(await allowedAt('HEAD', '/pins'), 'GET')
})

test('an unknown path answers 404 by every method', { timeout }, async () => {
  for (const method of ['GET', 'PUT', 'POST', 'OPTIONS'] as const)
    for (const url of ['/', '/pin', '/pins/a/b', '/openXjson', '/*']) {
      const { status, allow, body } = await answerTo(method, url)
      assert.deepEqual([status, allow], [404, undefined], `${method} ${url}`)
      assert.equal(body, '{"code":404,"message":"not found"}\n', url)
    }
})

test('a tree of paths that answers OPTIONS makes none of them known', { timeout }, async () => {
  assert.equal((await answerTo('OPTIONS', '/shared/a/b')).status, 200)
  const { status, allow } = await answerTo('GET', '/shared/a/b')
  assert.deepEqual([status, allow], [404, undefined])
})

test('a handler that finds nothing answers the same', { timeout }, async () => {
  assert.equal((await answerTo('GET', '/gives-up')).status, 405)
})

test('who may not ask does not learn which paths there are', { timeout }, async () => {
  for (const url of ['/pins', '/nothing']) assert.equal((await answerTo('PUT', url, '')).status, 401)
})
