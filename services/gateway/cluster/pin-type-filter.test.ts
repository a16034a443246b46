import assert from 'node:assert/strict'
import { test } from 'node:test'
import { includesDataPins } from './pin-type-filter.ts'

const timeout = 5_000

test('all pins are data pins', { timeout }, () => {
  for (const filter of ['', 'all', 'pin', 'meta-pin,pin', 'bogus,all', 'shard-pin,'])
    assert.equal(includesDataPins(filter), true, filter)
  for (const filter of ['meta-pin', 'clusterdag-pin', 'shard-pin', 'meta-pin,bogus'])
    assert.equal(includesDataPins(filter), false, filter)
})

test('a filter in which no name is known is refused', { timeout }, () => {
  for (const filter of ['bogus', 'Pin', ' pin', 'bad-type', 'constructor'])
    assert.throws(
      () => includesDataPins(filter),
      { statusCode: 400, message: 'invalid filter value' },
      filter,
    )
})
