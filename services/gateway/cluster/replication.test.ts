import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readReplication, settleReplication } from './replication.ts'

const timeout = 5_000
const read = (query: string) => readReplication(new URLSearchParams(query))
const settle = (query: string) => settleReplication(read(query))

test('factors that are not given, empty or 0 become the default: everywhere', { timeout }, () => {
  for (const query of ['', 'replication-min=&replication-max=', 'replication-min=0&replication-max=0'])
    assert.deepEqual(settle(query), { min: -1, max: -1 }, query)
})

test('one option for both goes before the two', { timeout }, () => {
  assert.deepEqual(settle('replication=2&replication-min=3&replication-max=x'), { min: 2, max: 2 })
  assert.deepEqual(settle('replication=&replication-min=1&replication-max=3'), { min: 1, max: 3 })
  assert.deepEqual(settle('replication=-1'), { min: -1, max: -1 })
  assert.deepEqual(settle('replication=0'), { min: -1, max: -1 })
})

test('what is no integer is refused by the name of the option', { timeout }, () => {
  for (const factor of ['x', '1.5', ' 1', '0x1', '1e3', '4294967296', '99999999999999999999'])
    assert.throws(() => read(`replication-max=${factor}`), {
      statusCode: 400,
      message: 'parameter replication-max invalid',
    })
  assert.throws(() => read('replication=x'), {
    statusCode: 400,
    message: 'parameter replication-min invalid',
  })
})

test('factors that break a rule are refused in the words of ipfs-cluster', { timeout }, () => {
  for (const [query, message] of [
    ['replication-min=3&replication-max=2', 'cluster.replication_factor_min is larger than max'],
    ['replication-min=1', 'cluster.replication_factor_min is larger than max'],
    ['replication=-2', 'cluster.replication_factor_min is wrong'],
    ['replication-min=-2&replication-max=1', 'cluster.replication_factor_min is wrong'],
    ['replication-max=2', 'cluster.replication_factor_min and max must be -1 when one of them is'],
  ] as const)
    assert.throws(() => settle(query), { statusCode: 400, message }, query)
})
