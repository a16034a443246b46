import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PinRequest } from '#libs/db/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import type { DataOf, pinRequested } from '#libs/events/index.ts'
import { createAcceptFromProducer } from './accept-from-producer.ts'

const timeout = 5_000
const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

async function acceptedFrom(data: DataOf<typeof pinRequested>, failure?: Error) {
  const accepted: PinRequest[] = []
  let wakes = 0
  const accept = createAcceptFromProducer({
    acceptPin: async request => {
      if (failure) throw failure
      accepted.push(request)
    },
    wakeOutbox: () => {
      wakes++
    },
  })
  const [outcome] = await Promise.allSettled([
    accept({ v: 1, id: 'event-id', at: '2026-01-01T00:00:00Z', data }),
  ])
  return { accepted, wakes, error: outcome.status === 'rejected' ? (outcome.reason as unknown) : undefined }
}

test('a request with nothing but a CID becomes a pin of the default account, named by the event', {
  timeout,
}, async () => {
  const { accepted, wakes } = await acceptedFrom({ cid: v0 })
  assert.deepEqual(accepted, [
    {
      requestId: 'event-id',
      account: 'default',
      api: 'nats',
      cid: v1,
      sentCid: v0,
      name: '',
      meta: {},
      origins: [],
    },
  ])
  assert.equal(wakes, 1)
})

test('what a producer says of a pin is kept', { timeout }, async () => {
  const said = { requestId: 'r', account: 'a', name: 'n', meta: { k: 'v' }, origins: ['/ip4/1.2.3.4/tcp/1'] }
  const { accepted } = await acceptedFrom({ cid: v1, ...said })
  assert.deepEqual(accepted, [{ ...said, api: 'nats', cid: v1, sentCid: v1 }])
})

test('a text that is no CID is a permanent error, and nothing is stored', { timeout }, async () => {
  const { accepted, wakes, error } = await acceptedFrom({ cid: 'not a cid' })
  assert.ok(error instanceof PermanentError && error.code === 'invalid-message')
  assert.deepEqual([accepted.length, wakes], [0, 0])
})

test('an error of the database passes through, and the outbox is not woken', { timeout }, async () => {
  const failure = new Error('Postgres is away')
  const { wakes, error } = await acceptedFrom({ cid: v1 }, failure)
  assert.equal(error, failure)
  assert.equal(wakes, 0)
})

for (const [what, data] of Object.entries({
  'a NUL character in the name': { name: 'a\0b' },
  'half a surrogate pair in the meta': { meta: { key: '\ud800' } },
  'a NUL character in an origin': { origins: ['/ip4/1.2.3.4\0'] },
})) {
  test(`${what}, which Postgres refuses each time, is a permanent error`, { timeout }, async () => {
    const { accepted, error } = await acceptedFrom({ cid: v1, ...data })
    assert.ok(error instanceof PermanentError && error.code === 'invalid-message')
    assert.deepEqual(accepted, [])
  })
}
