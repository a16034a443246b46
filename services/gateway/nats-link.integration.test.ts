import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createTestDatabase } from '#libs/db/testing/test-database.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { linkToNats } from './nats-link.ts'

test('without NATS nothing is live, and the link ends as soon as the service stops', {
  timeout: 20_000,
}, async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const address = free.address()
  assert.ok(address && typeof address === 'object')
  free.close()
  await once(free, 'close')
  await using database = await createTestDatabase()
  const stopping = new AbortController()
  const link = linkToNats({
    settings: { NATS_URL: `nats://127.0.0.1:${address.port}`, NATS_PREFIX: '', OUTBOX_POLL_MS: 1_000 },
    db: database.db,
    stopping: stopping.signal,
    log: createLogger('test', 'silent'),
  })
  assert.equal(link.liveJob('cid'), undefined)
  assert.deepEqual(link.liveNodes(), [])
  assert.throws(() => link.natsView(), { statusCode: 503 })
  link.wakeOutbox()
  stopping.abort()
  await link.running
})
