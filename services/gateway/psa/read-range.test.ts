import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRange } from './read-range.ts'

const timeout = 5_000

test('one range is read as RFC 9110 has it', { timeout }, () => {
  for (const [header, expected] of [
    ['bytes=0-0', { offset: 0, length: 1 }],
    ['bytes=10-19', { offset: 10, length: 10 }],
    ['BYTES=10-', { offset: 10, length: 90 }],
    ['bytes=90-200', { offset: 90, length: 10 }],
    ['bytes=-10', { offset: 90, length: 10 }],
    ['bytes=-1000', { offset: 0, length: 100 }],
    [`bytes=5-${'9'.repeat(400)}`, { offset: 5, length: 95 }],
  ] as const)
    assert.deepEqual(readRange(header, 100), expected, header)
})

test('a range behind the end is none, and what is no single range means the whole', { timeout }, () => {
  for (const header of ['bytes=100-', 'bytes=100-200', 'bytes=-0', `bytes=${'9'.repeat(400)}-`])
    assert.equal(readRange(header, 100), 'none', header)
  for (const header of [
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=9-1',
    'bytes=0-1,5-6',
    'lines=0-1',
    'bytes=a-b',
  ])
    assert.equal(readRange(header, 100), undefined, header)
})
