import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes, formatDuration, formatExactBytes } from './human-units.ts'

test('bytes are shown in the largest unit that has a whole part', () => {
  assert.equal(formatBytes(0), '0 B')
  assert.equal(formatBytes(1023), '1023 B')
  assert.equal(formatBytes(1024), '1.0 KiB')
  assert.equal(formatBytes(104_857_600), '100.0 MiB')
  assert.equal(formatBytes(1024 ** 2 - 1), '1.0 MiB', 'never 1024.0 KiB')
  assert.equal(formatBytes(5 * 1024 ** 5), '5120.0 TiB')
})

test('the exact number stands beside the short one', () => {
  assert.equal(formatExactBytes(5_272_071), '5.0 MiB (5,272,071 bytes)')
})

test('a minute and more is shown in minutes', () => {
  assert.equal(formatDuration(7_440), '7.4 s')
  assert.equal(formatDuration(59_949), '59.9 s')
  assert.equal(formatDuration(59_950), '1 min 00 s')
  assert.equal(formatDuration(185_000), '3 min 05 s')
})
