import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Publish } from '#libs/bus/index.ts'
import { type Claim, type Job, LeaseLostError, type Leases } from '#libs/db/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import type { FetchContent, StagedCar } from './fetch-content.ts'
import { onPinRequested } from './on-pin-requested.ts'

const timeout = 5_000
const staged: StagedCar = {
  staging: { bucket: 'staging', key: 'cid/2-1.car' },
  carCid: 'bag',
  sizeBytes: 100,
  blocks: 3,
  dagBytes: 80,
  rawBytes: 70,
}
const lease = { cid: 'cid', generation: 2, step: 'fetch' as const, epoch: 1, attempt: 1, unreported: 0 }
const log = createLogger('test', 'silent')
const context = { lease, signal: AbortSignal.timeout(timeout), commit: () => {}, log }
const eventOf = (data: { generation?: number; origins?: string[] }) => ({
  v: 1,
  id: 'event',
  at: '2026-01-01T00:00:00Z',
  data: { cid: 'cid', ...data },
})
const job = eventOf({ generation: 2, origins: ['/ip4/1.2.3.4/tcp/1'] })
const fromProducer = eventOf({})

type Changes = { accept?: () => Promise<void>; claim?: Claim; complete?: Leases['complete'] }

function setUp(changes: Changes = {}) {
  const { accept = async () => {}, claim = { kind: 'leased', lease }, complete = async () => {} } = changes
  const published: { subject: string; id: string; data: unknown }[] = []
  const publish: Publish = async (event, id, data) => {
    event.encode(id, data)
    published.push({ subject: event.subject, id, data })
  }
  const claimed: Job[] = []
  const fetched: Parameters<FetchContent>[0][] = []
  let accepted = 0
  const leases: Leases = {
    claim: async (wanted): Promise<Claim> => {
      claimed.push(wanted)
      return claim
    },
    renew: async () => ({ lost: [], unwanted: [] }),
    complete,
    fail: async () => 1,
    release: async () => {},
    postpone: async () => {},
  }
  const removed: string[] = []
  const step = onPinRequested({
    leases,
    publish,
    removeStaged: async ({ key }) => void removed.push(key),
    removeLeftovers: async ({ cid, generation }) => void removed.push(`everything of ${cid}.${generation}`),
    acceptFromProducer: async () => {
      accepted++
      await accept()
    },
    fetchContent: async wanted => {
      fetched.push(wanted)
      return staged
    },
  })
  return { step, published, claimed, fetched, removed, accepted: () => accepted }
}

test('a job asks for the lease of its generation and fetches with its origins', { timeout }, async () => {
  const { step, claimed, fetched, accepted } = setUp()
  assert.deepEqual(await step.claim(job), { kind: 'leased', lease })
  assert.deepEqual(claimed, [{ cid: 'cid', generation: 2, step: 'fetch' }])
  assert.deepEqual(await step.run(job, context), staged)
  assert.deepEqual(fetched, [{ cid: 'cid', generation: 2, origins: ['/ip4/1.2.3.4/tcp/1'] }])
  assert.equal(accepted(), 0)
})

test('a request of a producer is turned into rows and is no job itself', { timeout }, async () => {
  const { step, claimed, accepted } = setUp()
  assert.deepEqual(await step.claim(fromProducer), { kind: 'obsolete' })
  assert.equal(accepted(), 1)
  assert.deepEqual(claimed, [])
})

test('a request of a producer that cannot be accepted keeps its error', { timeout }, async () => {
  const error = new PermanentError('invalid-message', 'no CID')
  const { step } = setUp({ accept: () => Promise.reject(error) })
  await assert.rejects(step.claim(fromProducer), error)
})

test('what follows a fetch is published under one id per generation, however often', {
  timeout,
}, async () => {
  const { step, published } = setUp()
  await step.finish(job, staged)
  await step.finish(job, staged)
  const uploaded = {
    subject: 'car.uploaded',
    id: 'cid.2.uploaded',
    data: { cid: 'cid', generation: 2, ...staged },
  }
  assert.deepEqual(published, [uploaded, uploaded])
})

test('a fetch that is given up publishes the reason and the missing CIDs', { timeout }, async () => {
  const { step, published } = setUp()
  await step.giveUp(job, { code: 'dag-incomplete', message: 'gone', missingCids: ['a', 'b'] })
  const data = {
    cid: 'cid',
    generation: 2,
    step: 'fetch',
    code: 'dag-incomplete',
    message: 'gone',
    missingCids: ['a', 'b'],
  }
  assert.deepEqual(published, [{ subject: 'pin.failed', id: 'cid.2.failed', data }])
})

test('a request of a producer that is given up publishes nothing: no content is known for it', {
  timeout,
}, async () => {
  const { step, published } = setUp()
  await step.giveUp(fromProducer, { code: 'invalid-message', message: 'no CID', missingCids: [] })
  await step.finish(fromProducer, staged)
  assert.deepEqual(published, [])
})

test('a CAR that was staged under a lease that is lost by then is removed, and the loss is told', {
  timeout,
}, async () => {
  const loss = new LeaseLostError(lease)
  const { step, removed } = setUp({ complete: () => Promise.reject(loss) })
  await assert.rejects(step.complete(lease, staged), loss)
  assert.deepEqual(removed, ['cid/2-1.car'])
})

test('a staged CAR stays while it is not known whether its result was stored', { timeout }, async () => {
  const { step, removed } = setUp({ complete: () => Promise.reject(new Error('Postgres is away')) })
  await assert.rejects(step.complete(lease, staged), /Postgres is away/)
  assert.deepEqual(removed, [])
})

test('what a worker has left of a job that is obsolete by now is removed', { timeout }, async () => {
  const { step, removed } = setUp({ claim: { kind: 'obsolete' } })
  assert.deepEqual(await step.claim(job), { kind: 'obsolete' })
  assert.deepEqual(removed, ['everything of cid.2'])
})

for (const claim of [
  { kind: 'leased', lease },
  { kind: 'held' },
  { kind: 'done', result: staged },
] as const) {
  test(`what lies in staging stays while the job is ${claim.kind}`, { timeout }, async () => {
    const { step, removed } = setUp({ claim })
    assert.deepEqual(await step.claim(job), claim)
    assert.deepEqual(removed, [])
  })
}

test('a fetch that is cancelled leaves nothing of its generation, and is told to nobody', {
  timeout,
}, async () => {
  const { step, removed, published } = setUp()
  await step.abandon(job)
  await step.abandon(job)
  assert.deepEqual(removed, ['everything of cid.2', 'everything of cid.2'])
  assert.deepEqual(published, [])
})
