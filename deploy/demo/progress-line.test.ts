import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgressLine } from './progress-line.ts'

const MIB = 1024 * 1024
const progressOf = (phase: string, fetchedBytes: number, carBytes: number) => ({
  status: 'pinning',
  progress: { phase, dag_bytes: fetchedBytes, dag_blocks: 1_200, car_bytes: carBytes },
})

test('the rate is that of the phase, the time that of the pin', () => {
  let nowMs = 1_000
  const format = createProgressLine(() => nowMs)
  assert.match(format({ status: 'pin_queued' }), /^queued +0 B fetched +0 blocks +0 B to S3 +0 B\/s +0\.0 s$/)
  nowMs += 3_000
  format(progressOf('transferring', 4 * MIB, 2 * MIB))
  nowMs += 2_000
  assert.match(
    format(progressOf('transferring', 20 * MIB, 12 * MIB)),
    /^transferring +20\.0 MiB fetched +1,200 blocks +12\.0 MiB to S3 +5\.0 MiB\/s +5\.0 s$/,
  )
})

test('while the CAR is checked, the bytes checked are counted from their own start', () => {
  let nowMs = 0
  const format = createProgressLine(() => nowMs)
  format(progressOf('transferring', 12 * MIB, 12 * MIB))
  nowMs += 1_000
  format(progressOf('validating', 12 * MIB, 0))
  nowMs += 1_000
  assert.match(format(progressOf('validating', 12 * MIB, 3 * MIB)), /3\.0 MiB checked +3\.0 MiB\/s +2\.0 s$/)
})
