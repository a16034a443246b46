import assert from 'node:assert/strict'
import { test } from 'node:test'
import { carIndexed, pinRequested } from '#libs/events/index.ts'
import { whatToReplay } from './what-to-replay.ts'

const timeout = 5_000

test('a job is done again, a request of a producer and an event are sent again', { timeout }, () => {
  const job = pinRequested.encode('id', { cid: 'bafy', generation: 3 })
  assert.deepEqual(whatToReplay({ subject: 'pin.requested', body: job }), {
    kind: 'job',
    cid: 'bafy',
    generation: 3,
  })
  const request = pinRequested.encode('id', { cid: 'bafy' })
  assert.deepEqual(whatToReplay({ subject: 'pin.requested', body: request }), { kind: 'message' })
  const event = carIndexed.encode('id', { cid: 'bafy', generation: 3, carCid: 'bag', announced: true })
  assert.deepEqual(whatToReplay({ subject: 'car.indexed', body: event }), { kind: 'message' })
})

test('what breaks a rule is said to break it again', { timeout }, () => {
  for (const [subject, body, why] of [
    ['pin.requested', '{', /^pin\.requested: the body is not JSON in UTF-8$/],
    ['car.valid', '{}', /^car\.valid v1: /],
    ['pin.odd', '{}', /^nobody reads pin\.odd$/],
    ['', '', /^nobody reads a message without a subject$/],
  ] as const) {
    const asked = whatToReplay({ subject, body: Buffer.from(body) })
    assert.ok(asked.kind === 'broken')
    assert.match(asked.why, why)
  }
})
