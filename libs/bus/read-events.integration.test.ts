import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { PermanentError } from '#libs/errors/index.ts'
import { carIndexed, pinFailed, pinStarted } from '#libs/events/index.ts'
import { createListeningLogger } from '#libs/telemetry/testing/listening-logger.ts'
import { provisionStreams } from './provision.ts'
import { publishEvent } from './publish.ts'
import { on } from './read-events.ts'
import { lookAtStreams } from './testing/look-at-streams.ts'
import { connectTestBus, silent, startTestBus } from './testing/test-bus.ts'
import { startReader } from './testing/test-reader.ts'

const timeout = 30_000
const poll = { what: 'the reader', timeoutMs: 15_000, intervalMs: 10 }
const until = (probe: () => Promise<void> | void) => pollUntil(async () => probe(), poll)
const started = { cid: 'cid', generation: 1, attempt: 1, worker: 'w' }

async function setUp(settings = {}) {
  const bus = await startTestBus(settings)
  const streams = await lookAtStreams(bus)
  const settled = () =>
    until(async () => {
      const { num_ack_pending, num_pending } = await streams.consumer('PIN_EVENTS', 'status')
      assert.deepEqual([num_ack_pending, num_pending], [0, 0])
    })
  return { bus, streams, settled, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() }
}

test('each event goes to the handler of its subject, those from before the start too', {
  timeout,
}, async () => {
  await using s = await setUp()
  const seen: string[] = []
  const indexed = { cid: 'cid', generation: 1, carCid: 'bag', announced: true }
  await publishEvent(s.bus.admin, pinStarted, 'one', started)
  await using _reader = await startReader(s.bus, [
    on(pinStarted, async ({ id, data }) => void seen.push(`started ${id} ${data.cid}`)),
    on(carIndexed, async ({ id }) => void seen.push(`indexed ${id}`)),
  ])
  await publishEvent(s.bus.admin, carIndexed, 'two', indexed)
  await until(() => assert.deepEqual(seen.toSorted(), ['indexed two', 'started one cid']))
  await s.settled()
  assert.deepEqual(await s.streams.deadLetters(), [])
})

test('a handler that throws gets its event again, later each time', { timeout }, async () => {
  await using s = await setUp()
  const at: number[] = []
  const react = async () => {
    at.push(performance.now())
    if (at.length < 3) throw new Error('not yet')
  }
  await using _reader = await startReader(s.bus, [on(pinStarted, react)], { retryMinMs: 80 })
  await publishEvent(s.bus.admin, pinStarted, 'flaky', started)
  await until(() => assert.equal(at.length, 3))
  await s.settled()
  const [first = 0, second = 0, third = 0] = at
  assert.ok(second - first >= 75 && third - second >= 230, at.join(' '))
  assert.deepEqual(await s.streams.deadLetters(), [])
})

test('an event that fails for any time is neither dead-lettered nor lost', { timeout }, async () => {
  await using s = await setUp()
  let calls = 0
  const react = async () => {
    if (++calls < 30) throw new Error('Postgres is away')
  }
  await using _reader = await startReader(s.bus, [on(pinStarted, react)], { retryMaxMs: 20 })
  await publishEvent(s.bus.admin, pinStarted, 'patient', started)
  await until(() => assert.equal(calls, 30))
  await s.settled()
  assert.deepEqual(await s.streams.deadLetters(), [])
})

test('a permanent error, a body that is no event and an event without a handler are dead-lettered at once', {
  timeout,
}, async () => {
  await using s = await setUp()
  const react = () => Promise.reject(new PermanentError('claim-mismatch', 'no'))
  await using _reader = await startReader(s.bus, [on(pinStarted, react), on(pinFailed, async () => {})])
  await publishEvent(s.bus.admin, pinStarted, 'permanent', started)
  await s.bus.admin.stream.publish(s.bus.admin.names.subject('pin.failed'), '{')
  await publishEvent(s.bus.admin, carIndexed, 'unknown', {
    cid: 'c',
    generation: 1,
    carCid: 'b',
    announced: false,
  })
  await until(async () => assert.equal((await s.streams.deadLetters()).length, 3))
  await s.settled()
  const letters = await s.streams.deadLetters()
  const facts = letters.map(({ header }) => [header.get('Dlq-Code'), header.get('Dlq-Deliveries')].join(' '))
  assert.deepEqual(facts.toSorted(), ['claim-mismatch 1', 'invalid-message 1', 'invalid-message 1'])
})

test('while the DLQ is full an event that can never be handled stays, and goes there later', {
  timeout,
}, async () => {
  await using s = await setUp()
  await s.streams.manager.streams.update(s.streams.stream('DLQ'), { max_bytes: 1 })
  const { log, messages } = createListeningLogger()
  const react = () => Promise.reject(new PermanentError('claim-mismatch', 'no'))
  await using _reader = await startReader(s.bus, [on(pinStarted, react)], { log })
  await publishEvent(s.bus.admin, pinStarted, 'kept', started)
  const notStored = 'dead letter not stored, message left for another delivery'
  await until(() => assert.ok(messages.includes(notStored)))
  await provisionStreams(s.bus.access('provisioner'), s.bus.settings, silent)
  await until(async () => assert.equal((await s.streams.deadLetters()).length, 1))
  await s.settled()
})

test('events do not wait for one that fails', { timeout }, async () => {
  await using s = await setUp()
  const seen: string[] = []
  const react = async ({ id }: { id: string }) => {
    if (id === 'bad') throw new Error('no')
    seen.push(id)
  }
  await using _reader = await startReader(s.bus, [on(pinStarted, react)], { slots: 1, retryMinMs: 60_000 })
  await publishEvent(s.bus.admin, pinStarted, 'bad', started)
  for (const id of ['good-1', 'good-2']) await publishEvent(s.bus.admin, pinStarted, id, started)
  await until(() => assert.deepEqual(seen, ['good-1', 'good-2']))
})

test('a reader that starts before its consumer exists reads as soon as it does', { timeout }, async () => {
  await using bus = await connectTestBus()
  const seen: string[] = []
  await using _reader = await startReader(bus, [on(pinStarted, async ({ id }) => void seen.push(id))])
  await provisionStreams(bus.access('provisioner'), bus.settings, silent)
  await publishEvent(bus.admin, pinStarted, 'early', started)
  await until(() => assert.deepEqual(seen, ['early']))
})

test('what one consumer has read is still there for another', { timeout }, async () => {
  await using s = await setUp()
  await using _reader = await startReader(s.bus, [on(pinStarted, async () => {})])
  await publishEvent(s.bus.admin, pinStarted, 'kept', started)
  await s.settled()
  assert.equal(await s.streams.messagesOf('PIN_EVENTS'), 1)
})

test('the last deliveries of an event are for giving it up, without its handler', { timeout }, async () => {
  await using s = await setUp({ maxDeliver: 5 })
  let calls = 0
  const react = async () => {
    calls++
    throw new Error('no')
  }
  await using _reader = await startReader(s.bus, [on(pinStarted, react)], { retryMaxMs: 20 })
  await publishEvent(s.bus.admin, pinStarted, 'hopeless', started)
  await until(async () => assert.equal((await s.streams.deadLetters()).length, 1))
  await s.settled()
  assert.equal(calls, 2)
  const [letter] = await s.streams.deadLetters()
  assert.deepEqual(
    ['Code', 'Reason', 'Source'].map(name => letter?.header.get(`Dlq-${name}`)),
    ['worker-lost', 'delivered 3 times without success', 'worker'],
  )
})

test('a reader that may not pull takes nothing, and no delivery is counted', { timeout }, async () => {
  await using s = await setUp()
  const counts: number[] = []
  let asked = 0
  const mayPull = async () => {
    if (++asked <= 4) throw new Error('Postgres is away')
    return true
  }
  const reaction = on(pinStarted, async () => {})
  const react: typeof reaction.react = async message => void counts.push(message.info.deliveryCount)
  await publishEvent(s.bus.admin, pinStarted, 'waiting', started)
  await using _reader = await startReader(s.bus, [{ ...reaction, react }], { mayPull })
  await until(() => assert.deepEqual(counts, [1]))
  assert.ok(asked > 4)
})
