import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { addHealthRoutes } from './health.ts'
import { createTestServer } from './testing/test-server.ts'

const timeout = 10_000

/** A server that takes two requests at once, each of which waits until it is let go. */
async function startBusyServer() {
  const server = createTestServer({ maxPendingRequests: 2 })
  const waiting: (() => void)[] = []
  const lasting: ServerResponse[] = []
  let arrived = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  server.get('/lasting', (request, reply) => {
    request.leavePending()
    reply.hijack()
    reply.raw.write('begun')
    lasting.push(reply.raw)
  })
  server.get('/slow', async (_request, reply) => {
    reply.raw.once('close', left.resolve)
    await new Promise<void>(resolve => {
      waiting.push(resolve)
      arrived.resolve()
    })
    return { done: true }
  })
  addHealthRoutes(server, {})
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  return {
    get: (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, init),
    /** Sends one and resolves, with its answer to come, when it waits in its handler. */
    async begin(init: RequestInit = {}) {
      arrived = Promise.withResolvers()
      const answer = fetch(`${url}/slow`, init)
      answer.catch(() => undefined)
      await arrived.promise
      return { answer }
    },
    /** Resolves when one has ended, however it did. */
    left: left.promise,
    endLasting: async () => {
      const closed = lasting.map(raw => once(raw, 'close'))
      for (const raw of lasting) raw.end()
      await Promise.all(closed)
    },
    letAllGo: () => {
      for (const go of waiting.splice(0)) go()
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

test('one request too many is told when to come again, and those before it are served', {
  timeout,
}, async () => {
  await using server = await startBusyServer()
  const [first, second] = [await server.begin(), await server.begin()]
  for (const path of ['/slow', '/nothing']) {
    const refused = await server.get(path)
    assert.equal(refused.status, 503)
    assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/)
    assert.deepEqual(await refused.json(), {
      code: 503,
      message: 'too many requests at once, try again in a few seconds',
    })
  }
  assert.equal((await server.get('/health/live')).status, 200)
  server.letAllGo()
  assert.deepEqual([(await first.answer).status, (await second.answer).status], [200, 200])
  const { answer } = await server.begin()
  server.letAllGo()
  assert.equal((await answer).status, 200)
})

test('a client that goes away makes room', { timeout }, async () => {
  await using server = await startBusyServer()
  const leaving = new AbortController()
  await server.begin({ signal: leaving.signal })
  await server.begin()
  leaving.abort()
  await server.left
  const { answer } = await server.begin()
  server.letAllGo()
  assert.equal((await answer).status, 200)
})

test('an answer that lasts takes no room, and gives none back at its end', { timeout }, async () => {
  await using server = await startBusyServer()
  for (let i = 0; i < 3; i++) assert.equal((await server.get('/lasting')).status, 200)
  const [first, second] = [await server.begin(), await server.begin()]
  await server.endLasting()
  assert.equal((await server.get('/nothing')).status, 503)
  server.letAllGo()
  assert.deepEqual([(await first.answer).status, (await second.answer).status], [200, 200])
})
