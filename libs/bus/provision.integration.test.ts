import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisionStreams } from './provision.ts'
import { lookAtStreams } from './testing/look-at-streams.ts'
import { connectTestBus, silent } from './testing/test-bus.ts'

const timeout = 30_000
const second = 1_000_000_000

test('provisioning an empty server gives the streams, the consumers and the live bucket', {
  timeout,
}, async () => {
  await using bus = await connectTestBus({ ackWaitMs: 40_000, maxDeliver: 77 })
  await provisionStreams(bus.access('provisioner'), bus.settings, silent)
  const { manager, consumer, stream } = await lookAtStreams(bus)
  const jobs = (await manager.streams.info(stream('PIN_JOBS'))).config
  assert.deepEqual([jobs.retention, jobs.discard, jobs.storage], ['workqueue', 'new', 'file'])
  const events = (await manager.streams.info(stream('PIN_EVENTS'))).config
  assert.deepEqual([events.retention, events.discard], ['limits', 'old'])
  const dlq = (await manager.streams.info(stream('DLQ'))).config
  assert.deepEqual([dlq.discard, dlq.max_age, dlq.max_bytes], ['new', 0, -1])
  const live = (await manager.streams.info(`KV_${bus.admin.names.bucket('LIVE')}`)).config
  assert.deepEqual([live.max_age, live.max_msgs_per_subject], [60 * second, 1])
  const fetcher = (await consumer('PIN_JOBS', 'fetcher')).config
  assert.deepEqual([fetcher.ack_wait, fetcher.max_deliver, fetcher.backoff], [40 * second, 77, undefined])
  const status = (await consumer('PIN_EVENTS', 'status')).config
  assert.deepEqual(
    [status.ack_wait, status.max_deliver, status.filter_subjects?.length],
    [30 * second, 77, 4],
  )
  const advisories = stream('ADVISORIES')
  assert.deepEqual((await manager.streams.info(advisories)).config.subjects?.length, 2)
  const router = (await manager.consumers.info(advisories, 'dead-letter-router')).config
  assert.deepEqual([router.max_deliver, router.ack_wait], [-1, 30 * second])
})

test('provisioning again keeps the messages; other settings change the consumers in place', {
  timeout,
}, async () => {
  await using bus = await connectTestBus({ ackWaitMs: 5_000 })
  const provision = (change = {}) =>
    provisionStreams(bus.access('provisioner'), { ...bus.settings, ...change }, silent)
  await provision()
  await bus.admin.stream.publish(bus.admin.names.subject('pin.requested'), 'kept')
  await provision()
  await provision({ ackWaitMs: 9_000 })
  const { consumer, messagesOf } = await lookAtStreams(bus)
  const { config } = await consumer('PIN_JOBS', 'fetcher')
  assert.equal(config.ack_wait, 9 * second)
  assert.equal(await messagesOf('PIN_JOBS'), 1)
})

test('two provisioners at once both succeed', { timeout }, async () => {
  await using bus = await connectTestBus()
  const provision = () => provisionStreams(bus.access('provisioner'), bus.settings, silent)
  await Promise.all([provision(), provision()])
})
