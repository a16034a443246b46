import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureCodes } from '#libs/errors/index.ts'
import { peerEntry } from './peer-entry.ts'
import { acceptedPin } from './testing/accepted-pin.ts'

const timeout = 5_000
const peer = { id: '12D3', name: 'pickup' }
const hour = 3_600_000
const now = Date.now()

for (const [state, status] of [
  ['queued', 'pin_queued'],
  ['pinning', 'pinning'],
  ['pinned', 'pinned'],
  ['failed', 'pin_error'],
  ['unpinned', 'unpinned'],
] as const) {
  test(`a content that is ${state} shows as ${status}`, { timeout }, () => {
    assert.equal(peerEntry(acceptedPin({ state }), peer).status, status)
  })
}

test('the fields of ipfs-cluster come in its order', { timeout }, () => {
  assert.deepEqual(Object.entries(peerEntry(acceptedPin({ state: 'pinning' }), peer)), [
    ['peername', 'pickup'],
    ['ipfs_peer_id', '12D3'],
    ['status', 'pinning'],
    ['timestamp', '2026-01-02T00:00:00.345Z'],
    ['error', ''],
    ['attempt_count', 2],
    ['priority_pin', false],
  ])
})

test('a finished pin has the time of its request, no attempts and no priority', { timeout }, () => {
  const createdAt = new Date(now - hour)
  const { timestamp, attempt_count, priority_pin } = peerEntry(acceptedPin({ createdAt }), peer)
  const seconds = `${createdAt.toISOString().slice(0, 19)}Z`
  assert.deepEqual([timestamp, attempt_count, priority_pin], [seconds, 0, false])
})

test('a pin of a content that changed before is as new as the pin', { timeout }, () => {
  const createdAt = new Date('2026-03-01T00:00:00.500Z')
  assert.equal(
    peerEntry(acceptedPin({ state: 'queued', createdAt }), peer).timestamp,
    '2026-03-01T00:00:00.5Z',
  )
})

test('a failed pin says why, each sentence once', { timeout }, () => {
  const sentence = failureCodes.internal
  const errorOf = (failureCode: string, failureMessage: string) =>
    peerEntry(acceptedPin({ state: 'failed' }, { failureCode, failureMessage }), peer).error
  assert.equal(errorOf('internal', sentence), `internal: ${sentence}`)
  assert.equal(errorOf('internal', 'It broke.'), `internal: It broke. ${sentence}`)
  assert.equal(errorOf('of a later version', 'it broke'), 'of a later version: it broke.')
  assert.equal(
    peerEntry(acceptedPin({ state: 'failed' }), peer).error,
    'stalled: nothing came. The transfer stopped making progress. Check the provider, then pin again.',
  )
})

test('a pin has priority for a day and five failures', { timeout }, () => {
  const isPreferred = (ageMs: number, attempts: number, state: 'queued' | 'pinning' | 'failed' = 'failed') =>
    peerEntry(acceptedPin({ state, createdAt: new Date(now - ageMs) }, { attempts }), peer).priority_pin
  for (const state of ['queued', 'pinning', 'failed'] as const)
    assert.equal(isPreferred(hour, 5, state), true)
  assert.equal(isPreferred(25 * hour, 1), false)
  assert.equal(isPreferred(hour, 6), false)
})
