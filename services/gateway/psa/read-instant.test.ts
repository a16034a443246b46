import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readInstant } from './read-instant.ts'

const timeout = 5_000

const read = (text: string, rounding: 'up' | 'down' = 'down') =>
  readInstant('before', text, rounding).toISOString()

test('times of any precision and zone are read', { timeout }, () => {
  for (const [text, expected] of [
    ['2020-07-27T17:32:28Z', '2020-07-27T17:32:28.000Z'],
    ['2020-07-27T17:32:28.1Z', '2020-07-27T17:32:28.100Z'],
    ['2020-07-27T19:32:28.276+02:00', '2020-07-27T17:32:28.276Z'],
    ['2020-07-27T19:32:28.276 02:00', '2020-07-27T17:32:28.276Z'],
    ['2020-07-27t16:32:28.276-01:00', '2020-07-27T17:32:28.276Z'],
    ['2020-07-27T17:32:28.276000000Z', '2020-07-27T17:32:28.276Z'],
    ['0000-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59-12:00', '9999-12-31T23:59:59.999Z'],
  ] as const)
    assert.equal(read(text), expected, text)
})

test('a time between two milliseconds keeps the order of what is before and after it', { timeout }, () => {
  assert.equal(read('2020-07-27T17:32:28.276001Z', 'up'), '2020-07-27T17:32:28.277Z')
  assert.equal(read('2020-07-27T17:32:28.276001Z', 'down'), '2020-07-27T17:32:28.276Z')
  assert.equal(read('2020-07-27T17:32:28.276Z', 'up'), '2020-07-27T17:32:28.276Z')
})

test('what is no time is refused by its name', { timeout }, () => {
  for (const text of [
    '',
    'now',
    '2020-07-27',
    '1595871148',
    '2020-02-30T00:00:00Z',
    '2020-07-27T17:32:28',
    '2020-07-27T25:00:00Z',
  ])
    assert.throws(() => read(text), { statusCode: 400, message: /^before: must be a time/ }, text)
})

test('what JavaScript prints is read back, and no text gives anything but a time or the refusal', {
  timeout,
}, () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }), date => {
      assert.equal(read(date.toISOString()), date.toISOString())
    }),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        assert.match(read(text), /^\d{4}-/)
      } catch (error) {
        assert.equal((error as { statusCode?: number }).statusCode, 400)
      }
    }),
  )
})
