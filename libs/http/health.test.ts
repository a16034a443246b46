import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { createServer } from './create-server.ts'
import { addHealthRoutes, type ReadinessChecks } from './health.ts'

const timeout = 10_000

async function healthOf(path: 'live' | 'ready', checks: ReadinessChecks) {
  const server = createServer({
    log: createLogger('test', 'silent'),
    errorBody: (code, message) => ({ code, message }),
    isBackendAway: () => false,
    maxHeaderBytes: 4_096,
    requestTimeoutMs: 5_000,
  })
  addHealthRoutes(server, checks)
  const answer = await server.inject(`/health/${path}`)
  await server.close()
  return { status: answer.statusCode, body: answer.json() as unknown }
}

test('a service whose checks all pass is ready', { timeout }, async () => {
  const { status, body } = await healthOf('ready', { nats: async () => {}, postgres: async () => 1 })
  assert.equal(status, 200)
  assert.deepEqual(body, { ready: true, checks: { nats: 'ok', postgres: 'ok' } })
})

test('a service with a failed check is not ready and names it', { timeout }, async () => {
  const nats = () => Promise.reject(new Error('NATS is not connected'))
  const { status, body } = await healthOf('ready', { nats, postgres: async () => 1 })
  assert.equal(status, 503)
  assert.deepEqual(body, { ready: false, checks: { nats: 'NATS is not connected', postgres: 'ok' } })
})

test('a check that does not answer makes the service unready instead of hanging the request', {
  timeout,
}, async () => {
  const postgres = () => new Promise<never>(() => {})
  const { status, body } = await healthOf('ready', { postgres })
  assert.equal(status, 503)
  assert.match(JSON.stringify(body), /no answer within 3000 ms/)
})

test('a service that is not ready is alive all the same', { timeout }, async () => {
  const { status, body } = await healthOf('live', { nats: () => Promise.reject(new Error('away')) })
  assert.equal(status, 200)
  assert.deepEqual(body, { live: true })
})
