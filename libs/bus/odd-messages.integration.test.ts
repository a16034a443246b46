import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinRequested, pinStarted } from '#libs/events/index.ts'
import { publishBody, publishEvent } from './publish.ts'
import { on } from './read-events.ts'
import { lookAtStreams } from './testing/look-at-streams.ts'
import { publishRaw } from './testing/publish-raw.ts'
import { startTestBus } from './testing/test-bus.ts'
import { startReader } from './testing/test-reader.ts'
import { setUpJobs as setUp, startWorker, until } from './testing/test-worker.ts'

const timeout = 40_000
/** The server stores them; the client throws when they are read. */
const unreadable = ['Trace Parent: 1', 'Nats-Msg-Id: odd']
const started = { cid: 'cid', generation: 1, attempt: 1, worker: 'w' }

test('a job whose headers cannot be read is done like any other', { timeout }, async () => {
  await using s = await setUp()
  await using _worker = await startWorker(s.bus, s.jobs.step())
  const body = pinRequested.encode('odd', { cid: 'odd', generation: 1 })
  const subject = s.bus.admin.names.subject('pin.requested')
  await publishRaw(s.bus.access('admin'), { subject, headerLines: unreadable, body })
  await s.send('even')
  await until(() => assert.deepEqual(s.jobs.job('odd').steps, ['run', 'finish']))
  await s.settled()
  assert.deepEqual(s.jobs.job('even').steps, ['run', 'finish'])
})

test('a message that is no event, with headers that cannot be read, is dead-lettered byte for byte', {
  timeout,
}, async () => {
  await using s = await setUp()
  await using _worker = await startWorker(s.bus, s.jobs.step())
  const body = Buffer.from('{')
  const subject = s.bus.admin.names.subject('pin.requested')
  await publishRaw(s.bus.access('admin'), { subject, headerLines: unreadable, body })
  await s.settled()
  const [letter] = await s.streams.deadLetters()
  assert.deepEqual(Buffer.from(letter?.data ?? []), body)
  assert.equal(letter?.header.get('Dlq-Code'), 'invalid-message')
  assert.equal(letter?.header.get('Dlq-Orig-Msg-Id'), '')
})

test('an event whose headers cannot be read is handled like any other', { timeout }, async () => {
  await using bus = await startTestBus()
  const streams = await lookAtStreams(bus)
  const seen: string[] = []
  await using _reader = await startReader(bus, [on(pinStarted, async ({ id }) => void seen.push(id))])
  const body = pinStarted.encode('odd', started)
  const subject = bus.admin.names.subject('pin.started')
  await publishRaw(bus.access('admin'), { subject, headerLines: unreadable, body })
  await publishEvent(bus.admin, pinStarted, 'even', started)
  await until(() => assert.deepEqual(seen.toSorted(), ['even', 'odd']))
  assert.deepEqual(await streams.deadLetters(), [])
})

test('a message of the largest size can be dead-lettered', { timeout }, async () => {
  await using s = await setUp()
  await using _worker = await startWorker(s.bus, s.jobs.step())
  const body = Buffer.alloc(64 * 1024 - 200, 'x')
  await publishBody(s.bus.admin, { id: 'large', subject: 'pin.requested', body })
  await s.settled()
  const [letter] = await s.streams.deadLetters()
  assert.equal(letter?.data.length, body.length)
})

test('a job of a generation that never began is dead-lettered, and told to nobody', { timeout }, async () => {
  await using s = await setUp()
  await using _worker = await startWorker(s.bus, s.jobs.step({ claim: async () => ({ kind: 'unknown' }) }))
  await s.send('made-up')
  await s.settled()
  assert.deepEqual(s.jobs.job('made-up').steps, [])
  const [letter] = await s.streams.deadLetters()
  assert.equal(letter?.header.get('Dlq-Code'), 'invalid-message')
  assert.equal(letter?.header.get('Dlq-Reason'), 'no pin wants this generation')
})
