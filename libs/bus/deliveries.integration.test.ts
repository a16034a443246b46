import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinRequested } from '#libs/events/index.ts'
import { NotProvisionedError, readDeliveries } from './deliveries.ts'
import { provisionStreams } from './provision.ts'
import { publishEvent } from './publish.ts'
import { lookAtStreams } from './testing/look-at-streams.ts'
import { connectTestBus, silent, startTestBus, type TestBus } from './testing/test-bus.ts'
import { until } from './testing/test-worker.ts'

const timeout = 30_000

async function request(bus: TestBus, cid: string): Promise<void> {
  await publishEvent(bus.admin, pinRequested, `${cid}.1.requested`, { cid, generation: 1 })
}

/** Takes the next job and leaves it unsettled. */
async function takeJob(bus: TestBus): Promise<Date> {
  const consumer = await bus.admin.stream.consumers.get(bus.admin.names.stream('PIN_JOBS'), 'fetcher')
  const message = await consumer.next({ expires: 5_000 })
  return message?.time ?? assert.fail('there is no job')
}

test('where nothing waits, everything up to now was delivered', { timeout }, async () => {
  await using bus = await startTestBus()
  await using status = await bus.connect('status')
  const asked = Date.now()
  const deliveries = await readDeliveries(status)
  assert.deepEqual(Object.keys(deliveries).sort(), ['fetcher', 'indexer-bridge', 'status', 'validator'])
  for (const { streamMadeAt, deliveredBefore } of Object.values(deliveries)) {
    assert.ok(deliveredBefore.getTime() >= asked)
    assert.ok(Math.abs(asked - streamMadeAt.getTime()) < 20_000)
  }
})

test('the oldest message that was never delivered tells how far a consumer is', { timeout }, async () => {
  await using bus = await startTestBus({ ackWaitMs: 60_000 })
  await using status = await bus.connect('status')
  for (const cid of ['a', 'b', 'c']) await request(bus, cid)
  const first = await takeJob(bus)
  const { fetcher, validator } = await readDeliveries(status)
  assert.ok(fetcher.deliveredBefore > first)
  const second = await takeJob(bus)
  assert.deepEqual(fetcher.deliveredBefore, second)
  assert.ok(validator.deliveredBefore > second, 'jobs of others do not count')
  await takeJob(bus)
  await until(async () => assert.ok((await readDeliveries(status)).fetcher.deliveredBefore > second))
})

test('a server without the streams is named as not provisioned', { timeout }, async () => {
  await using bus = await connectTestBus()
  await using status = await bus.connect('status')
  await assert.rejects(readDeliveries(status), NotProvisionedError)
  await provisionStreams(bus.access('provisioner'), bus.settings, silent)
  await readDeliveries(status)
  const { manager, stream } = await lookAtStreams(bus)
  await manager.consumers.delete(stream('PIN_EVENTS'), 'indexer-bridge')
  await assert.rejects(readDeliveries(status), /no consumer indexer-bridge of .*: run deploy\/provision.ts/)
})
