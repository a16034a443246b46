import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PermanentError, TransientError } from '#libs/errors/index.ts'
import { measureProcess } from '#libs/telemetry/testing/measure-process.ts'
import { PostponedError } from './leased-step.ts'
import { readQueues } from './queues.ts'
import { setUpJobs, startWorker, until, untilAborted } from './testing/test-worker.ts'

const timeout = 40_000
const process = measureProcess()
const ended = async (outcome: string) =>
  (await process.valueOf('pickup_job_duration_seconds_count', { pickup_outcome: outcome })) ?? 0
const failures = async (labels: Record<string, string>) =>
  (await process.valueOf('pickup_job_failures_total', labels)) ?? 0

test('an attempt counts by its outcome, and a failure by its code', { timeout }, async () => {
  await using s = await setUpJobs()
  const errors = [
    new PostponedError('others first'),
    new TransientError('not-found', 'nobody has it'),
    new TransientError('stalled', 'it stands still'),
    new PermanentError('wrong-root', 'another DAG'),
  ]
  const run = () => {
    const error = errors.shift()
    return error ? Promise.reject(error) : Promise.resolve({})
  }
  await using _worker = await startWorker(s.bus, s.jobs.step({ run }))
  await s.send('bad')
  await s.settled()
  await s.send('good')
  await s.settled()
  await until(async () => assert.equal(await ended('done'), 1))
  assert.deepEqual([await ended('postponed'), await ended('failed'), await ended('gave-up')], [1, 2, 1])
  assert.equal(await failures({ error_type: 'not-found', pickup_outcome: 'failed' }), 1)
  assert.equal(await failures({ error_type: 'stalled', pickup_outcome: 'failed' }), 1)
  assert.equal(await failures({ error_type: 'wrong-root', pickup_outcome: 'gave-up' }), 1)
  assert.equal(await failures({}), 3)
  assert.equal(await process.valueOf('pickup_slot_limit', { pickup_slot: 'job' }), 2)
  assert.equal(await process.valueOf('pickup_slot_usage', { pickup_slot: 'job' }), 0)
  const { streams } = await readQueues(s.bus.admin)
  assert.equal(streams.find(({ stream }) => stream === 'DLQ')?.messages, 1)
})

test('a message of a job that is done or obsolete is no attempt', { timeout }, async () => {
  await using s = await setUpJobs()
  const before = (await process.valueOf('pickup_job_duration_seconds_count')) ?? 0
  await using _worker = await startWorker(s.bus, s.jobs.step())
  s.jobs.job('obsolete').wanted = false
  s.jobs.job('done').result = {}
  for (const cid of ['obsolete', 'done']) await s.send(cid)
  await s.settled()
  assert.equal((await process.valueOf('pickup_job_duration_seconds_count')) ?? 0, before)
})

test('a lease that is lost, and one that cannot be prolonged, are counted', { timeout }, async () => {
  await using s = await setUpJobs()
  let renewals = 0
  const renew = async () => {
    if (renewals++ === 0) throw new Error('Postgres is away')
    return { lost: [], unwanted: [] }
  }
  const step = s.jobs.step({ renew, run: (_event, { signal }) => untilAborted(signal) })
  const worker = await startWorker(s.bus, step, { heartbeatMs: 30 })
  await s.send('held')
  await until(async () => assert.equal(await process.valueOf('pickup_lease_renewal_failures_total'), 1))
  assert.equal(await process.valueOf('pickup_slot_usage', { pickup_slot: 'job' }), 1)
  await worker[Symbol.asyncDispose]()
  assert.equal(await ended('handed-back'), 1)
  assert.equal(await process.valueOf('pickup_lease_lost_total'), undefined)

  const losing = s.jobs.step({
    renew: async leases => ({ lost: [...leases], unwanted: [] }),
    run: (_event, { signal }) => untilAborted(signal),
  })
  await using _loser = await startWorker(s.bus, losing, { heartbeatMs: 30 })
  await until(async () => assert.ok(((await process.valueOf('pickup_lease_lost_total')) ?? 0) >= 1))
  assert.ok((await ended('lease-lost')) >= 1)
})

test('status may read all queues', { timeout }, async () => {
  await using s = await setUpJobs()
  await using bus = await s.bus.connect('status')
  await s.send('waiting')
  const { consumers, streams } = await readQueues(bus)
  assert.deepEqual(
    consumers.map(({ consumer, waiting, unsettled }) => [consumer, waiting, unsettled]),
    [
      ['fetcher', 1, 0],
      ['validator', 0, 0],
      ['status', 0, 0],
      ['indexer-bridge', 0, 0],
      ['dead-letter-router', 0, 0],
    ],
  )
  assert.deepEqual(
    streams.map(({ stream, messages, limitBytes }) => [stream, messages, limitBytes > 0]),
    [
      ['PIN_JOBS', 1, true],
      ['PIN_EVENTS', 0, true],
      ['DLQ', 0, false],
      ['ADVISORIES', 0, true],
    ],
  )
})
