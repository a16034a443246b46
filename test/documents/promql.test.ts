import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesInQuery } from './promql.ts'

const timeout = 5_000
const metricsIn = (query: string) => namesInQuery(query).selectors.map(({ name }) => name)

test('functions, aggregations and keywords are no metrics', { timeout }, () => {
  assert.deepEqual(metricsIn('histogram_quantile(0.99, sum by (le) (rate(a_bucket[5m])))'), ['a_bucket'])
  assert.deepEqual(metricsIn('sum(a) by (x) / max(b) > 0.5 and c unless on (x) d offset 15m'), [
    'a',
    'b',
    'c',
    'd',
  ])
  assert.deepEqual(metricsIn('a > bool 1e3 or vector(0)'), ['a'])
  assert.deepEqual(metricsIn('rate(a[$__rate_interval])'), ['a'])
})

test('labels are those that group and join', { timeout }, () => {
  assert.deepEqual(namesInQuery('sum by (x, y) (a) * on (z) group_left (w) b').labels, ['x', 'y', 'z', 'w'])
  assert.deepEqual(namesInQuery('sum(a) without (x,)').labels, ['x'])
  assert.deepEqual(namesInQuery('sum by () (a) * on () group_right b').labels, [])
})

test('matchers are read with their values, whatever these have in them', { timeout }, () => {
  assert.deepEqual(namesInQuery(`a{x="1,}\\"", y!~'b{|c',} + d{}`).selectors, [
    {
      name: 'a',
      matchers: [
        { label: 'x', operator: '=', value: '1,}\\"' },
        { label: 'y', operator: '!~', value: 'b{|c' },
      ],
    },
    { name: 'd', matchers: [] },
  ])
})

test('what is no query, or has its names elsewhere, is refused', { timeout }, () => {
  for (const query of ['{x="1"}', 'a{x}', 'a{x=1}', 'a{x="1"', 'sum by (x', 'a ? b', 'a{"x"="1"}'])
    assert.throws(() => namesInQuery(query), query)
})
