import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planSample } from './sample-content.ts'

const MIB = 1024 * 1024

test('the sizes add up exactly, in three large files and 300 small ones', () => {
  for (const mib of [1, 5, 100, 101]) {
    const plan = planSample(mib * MIB)
    assert.equal(
      plan.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      mib * MIB,
    )
    assert.equal(plan.length, 303)
    assert.equal(new Set(plan.map(({ path }) => path)).size, 303)
    assert.ok(plan.every(({ sizeBytes }) => sizeBytes > 0))
  }
})
