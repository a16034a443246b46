import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { test } from 'node:test'
import { createTestServer } from '#libs/http/testing/test-server.ts'
import { redirectTrailingSlash } from './redirect-trailing-slash.ts'

const timeout = 5_000

/** Over a socket, because everything less cleans the path before it is sent. */
async function answerTo(path: string, method = 'GET') {
  await using server = createTestServer()
  redirectTrailingSlash(server)
  server.get('/pins', () => ({}))
  const port = await server.listenOnLoopback()
  const asked = request({ host: '127.0.0.1', port, path, method, agent: false }).end()
  const [{ statusCode, headers }] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: statusCode, location: headers.location }
}

test('a path that ends in a slash is redirected to the one without, and keeps its query', {
  timeout,
}, async () => {
  const cases = {
    '/pins/': '/pins',
    '/pins/?filter=pinned': '/pins?filter=pinned',
    '/pins///?cids=a/': '/pins?cids=a/',
    '/pins/ipfs/a%2F/b/': '/pins/ipfs/a%2F/b',
    '/nothing/?': '/nothing?',
  }
  for (const [url, location] of Object.entries(cases))
    for (const method of ['GET', 'POST'] as const)
      assert.deepEqual(await answerTo(url, method), { status: 307, location }, url)
})

test('thousands of slashes cost no time', { timeout: 5_000 }, async () => {
  const slashes = '/'.repeat(1_500)
  assert.equal((await answerTo(`${slashes}a`)).status, 404)
  assert.deepEqual(await answerTo(`${slashes}a${slashes}`), { status: 307, location: '/a' })
})

test('a redirect stays at this host', { timeout }, async () => {
  for (const url of ['//evil.example/', '///evil.example//', '/\\evil.example/'])
    assert.deepEqual(await answerTo(url), { status: 307, location: '/evil.example' }, url)
})

test('a path without a slash at its end, and the root, are not redirected', { timeout }, async () => {
  assert.equal((await answerTo('/pins?filter=a/')).status, 200)
  assert.equal((await answerTo('/')).status, 404)
  assert.equal((await answerTo('//')).status, 404)
})
