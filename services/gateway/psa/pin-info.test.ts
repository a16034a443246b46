import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveJob } from '#libs/bus/index.ts'
import { acceptedPin } from '../cluster/testing/accepted-pin.ts'
import { pinInfo } from './pin-info.ts'
import type { Known } from './status-details.ts'
import { cidOf, v1 } from './testing/test-cids.ts'

const timeout = 5_000

const job: LiveJob = {
  phase: 'transferring',
  attempt: 1,
  worker: 'w',
  dagBytes: 1_500_000,
  dagBlocks: 6,
  carBytes: 9,
}

/** `info` of a pin without a failure, in its first attempt. */
function infoOf(content: Partial<Known['content']>, more: Partial<Known> = {}) {
  const accepted = acceptedPin({}, { cid: v1, attempts: 1, missingCids: null, ...content })
  return pinInfo(accepted.pin, { content: accepted.content, live: undefined, ...more })
}

test('a queued pin says how many are before it, where that was looked up', { timeout }, () => {
  const queued = { state: 'queued', attempts: 0 } as const
  assert.deepEqual(infoOf(queued), { status_details: 'Waiting for a worker.' })
  assert.deepEqual(infoOf(queued, { ahead: 0 }), {
    status_details: 'Waiting for a worker; it is the next.',
    queue_position: '1',
  })
  assert.deepEqual(infoOf(queued, { ahead: 2 }), {
    status_details: 'Waiting for a worker; 2 others first.',
    queue_position: '3',
  })
})

test('a pin that is being fetched says how far it is and how fast it goes', { timeout }, () => {
  assert.deepEqual(infoOf({ state: 'pinning' }, { live: { ...job, bytesPerSecond: 2_000, stalledMs: 0 } }), {
    status_details: 'Transferring: 1.5 MB in 6 blocks so far, 2.0 kB/s.',
    progress: 'transferring',
    blocks: '6',
    bytes_fetched: '1500000',
    rate: '2000',
    attempts: '1',
  })
})

test('a pin that stands still says since when', { timeout }, () => {
  const info = infoOf({ state: 'pinning' }, { live: { ...job, bytesPerSecond: 0, stalledMs: 12_345 } })
  assert.equal(info['status_details'], 'Transferring: 1.5 MB in 6 blocks so far; nothing has come for 12 s.')
  assert.deepEqual([info['rate'], info['stalled_for']], ['0', '12'])
})

test('every phase has its sentence, and a later attempt is told', { timeout }, () => {
  for (const [phase, sentence] of [
    ['locating', /^Looking for a peer/],
    ['waiting', /^Found; waiting/],
    ['validating', /^Checking all 6 blocks/],
  ] as const) {
    const { status_details } = infoOf({ state: 'pinning' }, { live: { ...job, phase, attempt: 3 } })
    assert.match(String(status_details), sentence)
    assert.match(String(status_details), / This is attempt 3\.$/)
  }
})

test('between two attempts the last failure is told, and nothing of what a worker said before it', {
  timeout,
}, () => {
  const setback = { attempts: 2, lastError: 'stalled: no block in 2 min', isWaiting: true }
  assert.deepEqual(infoOf({ state: 'pinning' }, { live: job, setback }), {
    status_details: 'Waiting for attempt 3. The last failure: stalled: no block in 2 min.',
    attempts: '1',
  })
})

test('a later attempt tells why there had to be one', { timeout }, () => {
  const setback = { attempts: 2, lastError: 'stalled: no block in 2 min', isWaiting: false }
  const { status_details } = infoOf({ state: 'pinning' }, { live: { ...job, attempt: 2 }, setback })
  assert.equal(
    status_details,
    'Transferring: 1.5 MB in 6 blocks so far. This is attempt 2. The last failure: stalled: no block in 2 min.',
  )
})

test('the check of what is stored has a share', { timeout }, () => {
  const { progress } = infoOf(
    { state: 'pinning' },
    { live: { ...job, phase: 'validating', carBytes: 750_000 } },
  )
  assert.equal(progress, 'validating 50%')
})

test('a pinned pin shows what was proven, and the size of the data where it was counted', { timeout }, () => {
  const pinned = { state: 'pinned', dagBytes: 80, blocks: 1 } as const
  const info = {
    status_details: 'Stored and proven: 1 block checked on the stored bytes.',
    dag_size: '80',
    raw_size: '70',
    blocks: '1',
    bytes_fetched: '80',
    progress: '100%',
    car_cid: 'bag',
    verified_at: '2026-01-02T00:00:00.345Z',
    attempts: '1',
  }
  assert.deepEqual(infoOf(pinned), info)
  assert.equal(infoOf({ ...pinned, rawBytes: 0 })['raw_size'], '0')
  const { raw_size: _, ...before } = info
  assert.deepEqual(infoOf({ ...pinned, rawBytes: null }), before)
})

test('a failed pin says why and what to do', { timeout }, () => {
  const failure = { state: 'failed', failureCode: 'not-found', failureMessage: 'no peer in 30 s' } as const
  assert.deepEqual(infoOf(failure), {
    status_details:
      'No reachable peer has the root block. Keep the data online and give its address as an origin, then pin again. (no peer in 30 s)',
    failure_code: 'not-found',
    attempts: '1',
  })
  const info = infoOf({ ...failure, failureCode: 'dag-incomplete', missingCids: [v1, cidOf('x')] })
  assert.equal(info['missing_cids'], `${v1},${cidOf('x')}`)
  assert.match(String(info['status_details']), /Provide the missing CIDs.*Missing: bafy/)
})

test('a failure that this version does not know is told in its own words', { timeout }, () => {
  const { status_details } = infoOf({ state: 'failed', failureCode: 'of-later', failureMessage: 'the moon' })
  assert.equal(status_details, '(the moon)')
})

test('a pin that expires says when', { timeout }, () => {
  const accepted = acceptedPin({ expiresAt: new Date('2030-01-01') }, { cid: v1 })
  assert.equal(
    pinInfo(accepted.pin, { content: accepted.content, live: undefined })['pinned_until'],
    '2030-01-01T00:00:00.000Z',
  )
})

test('whatever is known, all values are texts', { timeout }, () => {
  for (const state of ['queued', 'pinning', 'pinned', 'failed'] as const)
    for (const live of [undefined, job])
      for (const value of Object.values(infoOf({ state }, { live, ahead: 1 })))
        assert.equal(typeof value, 'string')
})
