import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kvm } from '@nats-io/kv'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { type LiveJob, mirrorLiveView, openLiveView } from './live-view.ts'
import { lookAtStreams } from './testing/look-at-streams.ts'
import { silent, startTestBus } from './testing/test-bus.ts'

const timeout = 30_000
const poll = { what: 'the mirror', timeoutMs: 10_000, intervalMs: 10 }
const job: LiveJob = {
  phase: 'transferring',
  attempt: 1,
  worker: 'fetcher/1',
  dagBytes: 10,
  dagBlocks: 2,
  carBytes: 5,
}

test('what workers show is seen by a mirror that was there before and by one that comes later', {
  timeout,
}, async () => {
  await using bus = await startTestBus()
  await using fetcher = await bus.connect('fetcher')
  await using validator = await bus.connect('validator')
  await using gateway = await bus.connect('gateway')
  const show = await openLiveView(fetcher, silent)
  await using early = await mirrorLiveView(gateway, { maxAgeMs: 60_000, log: silent })
  assert.equal(early.get('cid'), undefined)
  show('cid', job)
  await pollUntil(async () => assert.deepEqual(early.get('cid'), job), poll)
  const checking = { ...job, phase: 'validating' as const }
  const showToo = await openLiveView(validator, silent)
  showToo('cid', checking)
  await pollUntil(async () => assert.deepEqual(early.get('cid'), checking), poll)
  await using late = await mirrorLiveView(gateway, { maxAgeMs: 60_000, log: silent })
  await pollUntil(async () => assert.deepEqual(late.get('cid'), checking), poll)
  assert.equal(late.get('other'), undefined)
})

test('a job that says nothing any more disappears from the mirror', { timeout }, async () => {
  await using bus = await startTestBus()
  await using fetcher = await bus.connect('fetcher')
  await using gateway = await bus.connect('gateway')
  await using mirror = await mirrorLiveView(gateway, { maxAgeMs: 1_500, log: silent })
  const show = await openLiveView(fetcher, silent)
  show('cid', job)
  await pollUntil(async () => assert.deepEqual(mirror.get('cid'), job), poll)
  await pollUntil(async () => assert.equal(mirror.get('cid'), undefined), poll)
})

test('a removed entry disappears from the mirror at once', { timeout }, async () => {
  await using bus = await startTestBus()
  await using gateway = await bus.connect('gateway')
  await using mirror = await mirrorLiveView(gateway, { maxAgeMs: 60_000, log: silent })
  const bucket = await new Kvm(bus.admin.stream).open(bus.admin.names.bucket('LIVE'))
  await bucket.put('job.cid', JSON.stringify(job))
  await pollUntil(async () => assert.deepEqual(mirror.get('cid'), job), poll)
  await bucket.delete('job.cid')
  await pollUntil(async () => assert.equal(mirror.get('cid'), undefined), poll)
})

test('an entry that is no JSON harms nobody: later ones are still mirrored', { timeout }, async () => {
  await using bus = await startTestBus()
  await using gateway = await bus.connect('gateway')
  await using mirror = await mirrorLiveView(gateway, { maxAgeMs: 60_000, log: silent })
  const bucket = await new Kvm(bus.admin.stream).open(bus.admin.names.bucket('LIVE'))
  await bucket.put('job.bad', '{')
  await bucket.put('job.cid', JSON.stringify(job))
  await pollUntil(async () => assert.deepEqual(mirror.get('cid'), job), poll)
})

test('showing progress never rejects, even when the bucket is gone', { timeout }, async () => {
  await using bus = await startTestBus()
  await using fetcher = await bus.connect('fetcher')
  const show = await openLiveView(fetcher, silent)
  const { manager } = await lookAtStreams(bus)
  await manager.streams.delete(`KV_${bus.admin.names.bucket('LIVE')}`)
  show('cid', job)
  await fetcher.connection.flush()
})
