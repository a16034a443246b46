import assert from 'node:assert/strict'
import { Agent, get } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { createTestServer } from './testing/test-server.ts'

test('a request in progress is answered while the server stops, and its connection holds nothing up', {
  timeout: 10_000,
}, async () => {
  await using server = createTestServer()
  const arrived = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  server.get('/slow', async () => {
    arrived.resolve()
    await released.promise
    return { done: true }
  })
  server.addHook('preClose', done => {
    // When idle connections have been closed, and this one was not.
    setImmediate(released.resolve)
    done()
  })
  const port = await server.listenOnLoopback()
  // As clients do that use a connection for many requests.
  const agent = new Agent({ keepAlive: true })
  const answer = new Promise<{ connection: string | undefined; body: string }>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/slow', agent }, response => {
      const { connection } = response.headers
      text(response).then(body => resolve({ connection, body }), reject)
    }).on('error', reject)
  })
  await arrived.promise
  const closed = server.close()
  assert.deepEqual(await answer, { connection: 'close', body: '{"done":true}\n' })
  await closed
  agent.destroy()
})
