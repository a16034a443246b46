import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveJob, Publish } from '#libs/bus/index.ts'
import { type Claim, type Job, LeaseLostError, type Leases } from '#libs/db/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import type { carUploaded, DataOf } from '#libs/events/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { onCarUploaded } from './on-car-uploaded.ts'

const timeout = 5_000
type Deps = Parameters<typeof onCarUploaded>[0]
const facts = { carCid: 'bag', sizeBytes: 100, blocks: 3, dagBytes: 80, rawBytes: 70 }
const staging = { bucket: 'staging', key: 'cid/2-1.car' }
const lease = { cid: 'cid', generation: 2, step: 'validate' as const, epoch: 1, attempt: 1, unreported: 0 }
const log = createLogger('test', 'silent')
const context = { lease, signal: AbortSignal.timeout(timeout), commit: () => {}, log }
const eventOf = (change: Partial<DataOf<typeof carUploaded>> = {}) => ({
  v: 1,
  id: 'event',
  at: '2026-01-01T00:00:00Z',
  data: { cid: 'cid', generation: 2, staging, ...facts, ...change },
})
const uploaded = eventOf()
const car = { bucket: 'cars', key: 'bag/bag.car' }
const valid = {
  cid: 'cid',
  generation: 2,
  car,
  region: 'eu',
  ...facts,
  verifiedAt: '2026-01-01T00:00:00.000Z',
}

function setUp(changes: Partial<Deps> & { claim?: Claim; complete?: Leases['complete'] } = {}) {
  const { claim = { kind: 'leased', lease }, complete = async () => {}, ...deps } = changes
  const steps: string[] = []
  const published: { id: string; data: unknown }[] = []
  const claimed: Job[] = []
  const shown: LiveJob[] = []
  const copies: Parameters<Deps['storage']['copy']>[] = []
  const publish: Publish = async (event, id, data) => {
    event.encode(id, data)
    published.push({ id, data })
    steps.push(`publish ${id}`)
  }
  const step = onCarUploaded({
    leases: {
      claim: async job => {
        claimed.push(job)
        return claim
      },
      renew: async () => ({ lost: [], unwanted: [] }),
      complete,
      fail: async () => 1,
      release: async () => {},
      postpone: async () => {},
    },
    publish,
    checkStagedCar: async (_job, { onProgress }) => {
      onProgress(50)
      onProgress(100)
      return { root: 'cid', etag: '"e"', ...facts }
    },
    storage: {
      copy: async (...copy) => void copies.push(copy),
      delete: async ({ key }) => void steps.push(`delete ${key}`),
    },
    adoptCopy: async (cid, { key }) => void steps.push(`adopt ${key} for ${cid}`),
    requestIdOf: async () => 'request-1',
    isStagingWanted: async () => false,
    show: (_cid, job) => shown.push(job),
    stagingBucket: 'staging',
    carBucket: 'cars',
    region: 'eu',
    worker: 'validator/1',
    progressIntervalMs: 3_600_000,
    ...deps,
  })
  return { step, steps, published, claimed, shown, copies }
}

test('a CAR that was proven is copied to its content address, in the version that was read', {
  timeout,
}, async () => {
  const { step, copies, shown, claimed } = setUp()
  await step.claim(uploaded)
  const result = await step.run(uploaded, context)
  assert.deepEqual(claimed, [{ cid: 'cid', generation: 2, step: 'validate' }])
  assert.deepEqual({ ...result, verifiedAt: valid.verifiedAt }, valid)
  assert.ok(Math.abs(Date.now() - Date.parse(result.verifiedAt)) < 60_000)
  const [from, to, options] = copies[0] ?? assert.fail('nothing was copied')
  assert.deepEqual([from, to, copies.length], [staging, car, 1])
  assert.deepEqual([options.sourceEtag, options.sizeBytes], ['"e"', 100])
  assert.deepEqual(options.metadata, { psaRequestId: 'request-1', root: 'cid', carCid: 'bag' })
  assert.equal(shown.length, 0, 'it was over before the first interval was')
})

test('a check that takes longer than the interval is shown', { timeout }, async () => {
  const { step, shown } = setUp({ progressIntervalMs: 0 })
  await step.run(uploaded, context)
  assert.deepEqual(
    shown.map(({ phase, carBytes }) => [phase, carBytes]),
    [
      ['validating', 50],
      ['validating', 100],
    ],
  )
})

test('a CAR whose last pin went is copied all the same, without a request id', { timeout }, async () => {
  const { step, copies } = setUp({ requestIdOf: async () => undefined })
  await step.run(uploaded, context)
  assert.equal(copies[0]?.[2].metadata['psaRequestId'], '')
})

test('a request id that the store would not take as metadata is left out', { timeout }, async () => {
  const { step, copies } = setUp({ requestIdOf: async () => '\u7d71'.repeat(255) })
  await step.run(uploaded, context)
  assert.deepEqual(copies[0]?.[2].metadata, { root: 'cid', carCid: 'bag' })
})

test('staging is emptied only after the result is told, under one id per generation', {
  timeout,
}, async () => {
  const { step, steps, published } = setUp()
  await step.finish(uploaded, valid)
  await step.finish(uploaded, valid)
  const once = ['publish cid.2.valid', 'delete cid/2-1.car']
  assert.deepEqual(steps, [...once, ...once])
  assert.deepEqual(published[0]?.data, valid)
})

test('while the result cannot be told the staged CAR stays', { timeout }, async () => {
  const { step, steps } = setUp({ publish: () => Promise.reject(new Error('NATS is away')) })
  await assert.rejects(step.finish(uploaded, valid), /NATS is away/)
  await assert.rejects(
    step.giveUp(uploaded, { code: 'bad-block', message: 'x', missingCids: [] }),
    /NATS is away/,
  )
  assert.deepEqual(steps, [])
})

test('a check that is given up tells the reason and then empties staging', { timeout }, async () => {
  const { step, steps, published } = setUp()
  await step.giveUp(uploaded, { code: 'dag-incomplete', message: 'gone', missingCids: ['a'] })
  assert.deepEqual(steps, ['publish cid.2.failed', 'delete cid/2-1.car'])
  assert.deepEqual(published[0]?.data, {
    cid: 'cid',
    generation: 2,
    step: 'validate',
    code: 'dag-incomplete',
    message: 'gone',
    missingCids: ['a'],
  })
})

test('a CAR that is damaged is not copied, and the error keeps its code', { timeout }, async () => {
  const damage = new PermanentError('bad-block', 'damaged')
  const { step, copies } = setUp({ checkStagedCar: () => Promise.reject(damage) })
  await assert.rejects(step.run(uploaded, context), damage)
  assert.deepEqual(copies, [])
})

test('the staged CAR of a content that ended otherwise is removed', { timeout }, async () => {
  const { step, steps } = setUp({ claim: { kind: 'obsolete' } })
  assert.deepEqual(await step.claim(uploaded), { kind: 'obsolete' })
  assert.deepEqual(steps, ['adopt bag/bag.car for cid', 'delete cid/2-1.car'])
})

test('the copy of a validator that lost its lease is adopted, and the loss is told', {
  timeout,
}, async () => {
  const loss = new LeaseLostError(lease)
  const { step, steps } = setUp({ complete: () => Promise.reject(loss) })
  await assert.rejects(step.complete(lease, valid), loss)
  assert.deepEqual(steps, ['adopt bag/bag.car for cid'])
})

test('a CAR that a client brought along is removed like one of a fetcher', { timeout }, async () => {
  const { step, steps } = setUp()
  await step.finish(eventOf({ staging: { bucket: 'staging', key: 'cid/add-1.car' } }), valid)
  assert.deepEqual(steps, ['publish cid.2.valid', 'delete cid/add-1.car'])
})

for (const kind of ['held', 'done'] as const) {
  test(`the staged CAR of a job that is ${kind} is left alone by the claim`, { timeout }, async () => {
    const { step, steps } = setUp({ claim: kind === 'held' ? { kind } : { kind, result: valid } })
    assert.equal((await step.claim(uploaded)).kind, kind)
    assert.deepEqual(steps, [])
  })
}

for (const [what, foreign] of Object.entries({
  'in another bucket': { bucket: 'cars', key: 'cid/2-1.car' },
  'of another content': { bucket: 'staging', key: 'other/2-1.car' },
  'of another generation': { bucket: 'staging', key: 'cid/1-1.car' },
})) {
  test(`an object ${what} is neither checked nor removed, whatever the event says`, { timeout }, async () => {
    const { step, steps, copies } = setUp({ claim: { kind: 'obsolete' } })
    const event = eventOf({ staging: foreign })
    await assert.rejects(step.run(event, context), { code: 'claim-mismatch' })
    await step.claim(event)
    await step.giveUp(event, { code: 'claim-mismatch', message: 'x', missingCids: [] })
    assert.deepEqual(steps, ['adopt bag/bag.car for cid', 'publish cid.2.failed'])
    assert.deepEqual(copies, [])
  })
}

test('a check that is cancelled before it copies leaves no copy and no staged CAR', { timeout }, async () => {
  const { step, steps, copies } = setUp()
  const commit = () => {
    throw new Error('cancelled')
  }
  await assert.rejects(step.run(uploaded, { ...context, commit }), /cancelled/)
  await step.abandon(uploaded)
  await step.abandon(uploaded)
  assert.deepEqual(copies, [])
  assert.deepEqual(steps, ['delete cid/2-1.car', 'delete cid/2-1.car'])
})

test('a check is committed before the copy begins, and not before the CAR was proven', {
  timeout,
}, async () => {
  const order: string[] = []
  const { step } = setUp({
    checkStagedCar: async () => {
      order.push('check')
      return { root: 'cid', etag: '"e"', ...facts }
    },
    storage: { copy: async () => void order.push('copy'), delete: async () => {} },
  })
  await step.run(uploaded, { ...context, commit: () => order.push('commit') })
  assert.deepEqual(order, ['check', 'commit', 'copy'])
})

test('an upload whose check failed for no reason of its own stays in staging', { timeout }, async () => {
  const staged = { bucket: 'staging', key: 'cid/add-1.car' }
  const event = { ...uploaded, data: { ...uploaded.data, staging: staged } }
  const failure = { message: 'x', missingCids: [] }
  for (const code of ['storage-unavailable', 'worker-lost', 'internal'] as const) {
    const { step, steps } = setUp()
    await step.giveUp(event, { code, ...failure })
    assert.deepEqual(steps, ['publish cid.2.failed'])
    await step.giveUp(uploaded, { code, ...failure })
    assert.deepEqual(steps.slice(1), ['publish cid.2.failed', `delete ${staging.key}`])
  }
  const { step, steps } = setUp()
  await step.giveUp(event, { code: 'bad-car', ...failure })
  assert.deepEqual(steps, ['publish cid.2.failed', `delete ${staged.key}`])
})

test('a staged object that the next generation needs stays, though this one is over', {
  timeout,
}, async () => {
  const { step, steps } = setUp({ claim: { kind: 'obsolete' }, isStagingWanted: async () => true })
  await step.claim(uploaded)
  assert.deepEqual(steps, [`adopt ${car.key} for cid`])
})
