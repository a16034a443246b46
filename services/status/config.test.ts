import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '#libs/config/index.ts'
import { carDeletionOptions, statusSettings } from './config.ts'

const timeout = 5_000
const read = (env: Record<string, string>) =>
  carDeletionOptions(readConfig(statusSettings, { DATABASE_URL: 'postgres://x', ...env }))
const dayMs = 86_400_000

test('CARs of unpinned contents are kept for thirty days, or as long as is set', { timeout }, () => {
  assert.deepEqual(read({}), { graceMs: 30 * dayMs, intervalMs: 60_000 })
  assert.deepEqual(read({ UNPINNED_CAR_TTL_DAYS: '0.5', UNPINNED_CAR_INTERVAL_MS: '5' }), {
    graceMs: dayMs / 2,
    intervalMs: 5,
  })
})

test('CARs that are not kept are looked for each second at least', { timeout }, () => {
  assert.deepEqual(read({ UNPINNED_CAR_TTL_DAYS: '0' }), { graceMs: 0, intervalMs: 1_000 })
  const quick = { UNPINNED_CAR_TTL_DAYS: '0', UNPINNED_CAR_INTERVAL_MS: '50' }
  assert.deepEqual(read(quick), { graceMs: 0, intervalMs: 50 })
})

test('never means never', { timeout }, () => {
  assert.equal(read({ UNPINNED_CAR_TTL_DAYS: 'never' }), undefined)
})

for (const value of ['-1', 'soon', 'Infinity'])
  test(`a time of ${value} days is refused`, { timeout }, () => {
    assert.throws(() => read({ UNPINNED_CAR_TTL_DAYS: value }), /UNPINNED_CAR_TTL_DAYS/)
  })
