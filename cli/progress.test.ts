import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PinStatus } from './pin-status.ts'
import { createByteProgress, formatBar, formatPinProgress } from './progress.ts'

const timeout = 5_000
const pinning = (info: PinStatus['info']): PinStatus => ({
  requestid: 'r',
  status: 'pinning',
  created: '',
  pin: { cid: 'c' },
  delegates: [],
  info,
})
const shown = (info: PinStatus['info'], isLive = true) => formatPinProgress(pinning(info), { isLive })

test('a bar is filled by the share, and never over its ends', { timeout }, () => {
  assert.equal(formatBar(0.5, 4), '[██░░]')
  assert.equal(formatBar(-1, 4), '[░░░░]')
  assert.equal(formatBar(2, 4), '[████]')
})

test('a transfer shows bytes, blocks and rate; how long it takes nobody knows', { timeout }, () => {
  const info = { progress: 'transferring', bytes_fetched: '20971520', blocks: '1200', rate: '5242880' }
  assert.match(shown(info), /^transferring +20\.0 MiB +1,200 blocks +5\.0 MiB\/s$/)
  assert.match(shown({ ...info, stalled_for: '7' }), /nothing has come for 7 s$/)
})

test('a check shows how far it is and how long it still takes', { timeout }, () => {
  const info = { progress: 'validating 75%', bytes_fetched: '41943040', blocks: '160', rate: '10485760' }
  assert.match(
    shown(info),
    /^validating +\[█{18}░{6}\] +75% +40\.0 MiB +160 blocks +10\.0 MiB\/s 1\.0 s left$/,
  )
  assert.match(shown(info, false), /^validating +75% +40\.0 MiB/, 'no bar where nobody sees it grow')
})

test('what has no numbers yet is told in words', { timeout }, () => {
  assert.equal(
    shown({ progress: 'locating', bytes_fetched: '0', status_details: 'Looking for a peer.' }),
    'locating      Looking for a peer.',
  )
  assert.equal(shown({ status_details: 'Waiting for a worker.' }), 'pinning       Waiting for a worker.')
})

test('bytes that pass by here have a rate, and an end where the whole is known', { timeout }, () => {
  let nowMs = 0
  const describe = createByteProgress('sending', 4_194_304, { isLive: false }, () => nowMs)
  nowMs += 2_000
  assert.match(describe(1_048_576), /^sending +25% +1\.0 MiB +512\.0 KiB\/s 6\.0 s left$/)
  const endless = createByteProgress('checking', undefined, { isLive: true }, () => nowMs)
  nowMs += 1_000
  assert.match(endless(1_024, 3), /^checking +1\.0 KiB +3 blocks +1\.0 KiB\/s$/)
})
