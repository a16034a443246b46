import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Queues } from '#libs/bus/index.ts'
import { measureProcess } from '#libs/telemetry/testing/measure-process.ts'
import { observeSystem } from './observe-system.ts'

const timeout = 5_000
const process = measureProcess()

const queues: Queues = {
  consumers: [{ consumer: 'fetcher', stream: 'PIN_JOBS', waiting: 3, unsettled: 2, redelivered: 0 }],
  streams: [
    { stream: 'PIN_JOBS', messages: 5, bytes: 10, limitBytes: 100 },
    { stream: 'DLQ', messages: 1, bytes: 10, limitBytes: -1 },
  ],
}
const backlog = { outboxEvents: 4, outboxSeconds: 5, queuedSeconds: 6 }

test('what waits is told, and read once for all who ask within seconds', { timeout }, async () => {
  let reads = 0
  using _observing = observeSystem({
    readQueues: async () => (reads++, queues),
    readBacklog: async () => (reads++, backlog),
    countAllPins: async () => (reads++, [{ api: 'psa', state: 'pinned', pins: 7 }]),
  })
  await process.read()
  const fetcher = { messaging_consumer_group_name: 'fetcher' }
  assert.equal(await process.valueOf('pickup_consumer_pending', fetcher), 3)
  assert.equal(await process.valueOf('pickup_consumer_ack_pending', fetcher), 2)
  assert.equal(await process.valueOf('pickup_stream_usage_bytes', { pickup_stream: 'PIN_JOBS' }), 10)
  assert.equal(await process.valueOf('pickup_stream_limit_bytes'), 100)
  assert.equal(await process.valueOf('pickup_dead_letter_count'), 1)
  assert.equal(await process.valueOf('pickup_outbox_size'), 4)
  assert.equal(await process.valueOf('pickup_outbox_oldest_age_seconds'), 5)
  assert.equal(await process.valueOf('pickup_content_oldest_queued_age_seconds'), 6)
  assert.equal(await process.valueOf('pickup_pin_count', { pickup_pin_state: 'pinned' }), 7)
  assert.equal(reads, 3)
})

test('a part that is away takes only its own values with it', { timeout }, async () => {
  using _observing = observeSystem({
    readQueues: async () => queues,
    readBacklog: () => Promise.reject(new Error('Postgres is away')),
    countAllPins: () => Promise.reject(new Error('Postgres is away')),
  })
  assert.equal(await process.valueOf('pickup_outbox_size'), undefined)
  assert.equal(await process.valueOf('pickup_pin_count'), undefined)
  assert.equal(await process.valueOf('pickup_dead_letter_count'), 1)
})
