import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Type } from 'typebox'
import { PermanentError, TransientError } from '#libs/errors/index.ts'
import { carIndexed, defineEvent, pinRequested, pinStarted } from '#libs/events/index.ts'
import type { Bus } from './connect-bus.ts'
import { publishBody, publishEvent } from './publish.ts'
import { lookAtStreams } from './testing/look-at-streams.ts'
import { startTestBus, type TestBus } from './testing/test-bus.ts'

let bus: TestBus
let fetcher: Bus
let streams: Awaited<ReturnType<typeof lookAtStreams>>
before(async () => {
  bus = await startTestBus()
  fetcher = await bus.connect('fetcher')
  streams = await lookAtStreams(bus)
})
after(async () => {
  await fetcher[Symbol.asyncDispose]()
  await bus[Symbol.asyncDispose]()
})

const timeout = 30_000

test('an event is stored when the promise resolves, and a repeat under its id is dropped', {
  timeout,
}, async () => {
  const data = { cid: 'once', generation: 1, attempt: 1, worker: 'w' }
  const before = await streams.messagesOf('PIN_EVENTS')
  await publishEvent(fetcher, pinStarted, 'once.1', data)
  assert.equal(await streams.messagesOf('PIN_EVENTS'), before + 1)
  await Promise.all([1, 2, 3].map(() => publishEvent(fetcher, pinStarted, 'once.1', data)))
  assert.equal(await streams.messagesOf('PIN_EVENTS'), before + 1)
  await publishEvent(fetcher, pinStarted, 'once.2', data)
  assert.equal(await streams.messagesOf('PIN_EVENTS'), before + 2)
})

test('a stored event decodes to what was published', { timeout }, async () => {
  await publishEvent(fetcher, pinRequested, 'read-back', { cid: 'read-back', generation: 3 })
  const last = await streams.manager.streams.getMessage(streams.stream('PIN_JOBS'), {
    last_by_subj: fetcher.names.subject('pin.requested'),
  })
  assert.ok(last)
  const event = pinRequested.decode(last.data)
  assert.deepEqual([event.id, event.data], ['read-back', { cid: 'read-back', generation: 3 }])
  assert.equal(last.header.get('Nats-Msg-Id'), 'read-back')
})

test('a body that was encoded before is stored byte for byte', { timeout }, async () => {
  const body = pinRequested.encode('row', { cid: 'row', generation: 1 })
  await publishBody(fetcher, { id: 'row', subject: 'pin.requested', body: new TextDecoder().decode(body) })
  const last = await streams.manager.streams.getMessage(streams.stream('PIN_JOBS'), {
    last_by_subj: fetcher.names.subject('pin.requested'),
  })
  assert.deepEqual(Buffer.from(last?.data ?? []), Buffer.from(body))
})

test('a subject that no stream takes is refused before anything is sent', { timeout }, async () => {
  const stray = defineEvent('pin.stray', 1, Type.Object({}))
  await assert.rejects(publishEvent(fetcher, stray, 'id', {}), /no stream takes pin\.stray/)
})

test('a body that breaks the schema is refused before anything is sent', { timeout }, async () => {
  await assert.rejects(publishEvent(fetcher, pinRequested, 'id', { cid: '' }), PermanentError)
})

test('an event that the server does not store is a transient error with its cause', { timeout }, async () => {
  await streams.manager.streams.delete(streams.stream('PIN_EVENTS'))
  const data = { cid: 'c', generation: 1, carCid: 'bag', announced: true }
  await assert.rejects(publishEvent(bus.admin, carIndexed, 'nowhere', data), (error: unknown) => {
    assert.ok(error instanceof TransientError && error.cause instanceof Error)
    assert.match(error.message, /car\.indexed nowhere was not stored/)
    return true
  })
})
