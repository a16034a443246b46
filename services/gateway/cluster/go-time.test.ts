import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { momentText, parseGoTime, secondsText } from './go-time.ts'

const timeout = 20_000

test('a time is read with its decimals and its zone', { timeout }, () => {
  for (const [text, expected] of [
    ['2030-01-02T03:04:05Z', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02T03:04:05.123456789+02:00', '2030-01-02T01:04:05.123Z'],
    ['2030-01-02T03:04:05.1-23:59', '2030-01-03T03:03:05.100Z'],
    ['2028-02-29T23:59:59.999999999Z', '2028-02-29T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ] as const)
    assert.equal(parseGoTime(text).toISOString(), expected, text)
})

test('every time that JavaScript writes is read as itself', { timeout }, () => {
  const date = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  fc.assert(fc.property(date, time => assert.deepEqual(parseGoTime(time.toISOString()), time)))
})

test('any text is a time or a SyntaxError', { timeout }, () => {
  const near = fc
    .tuple(fc.date({ noInvalidDate: true }), fc.nat(24), fc.string({ maxLength: 3 }))
    .map(([time, at, text]) => `${time.toISOString().slice(0, at)}${text}${time.toISOString().slice(at + 1)}`)
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), text => {
      try {
        assert.ok(!Number.isNaN(parseGoTime(text).getTime()), text)
      } catch (error) {
        assert.ok(error instanceof SyntaxError, text)
      }
    }),
  )
})

test('what is wrong is said in the words of Go', { timeout }, () => {
  const cannotParse = (text: string, rest: string, element: string) =>
    `parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${rest}" as "${element}"`
  for (const [text, message] of [
    ['tomorrow', cannotParse('tomorrow', 'tomorrow', '2006')],
    ['', cannotParse('', '', '2006')],
    ['2030-01-02', cannotParse('2030-01-02', '', 'T')],
    ['2030-1-2T03:04:05Z', cannotParse('2030-1-2T03:04:05Z', '1-2T03:04:05Z', '01')],
    ['2030-01-02 03:04:05Z', cannotParse('2030-01-02 03:04:05Z', ' 03:04:05Z', 'T')],
    ['2030-01-02T03:04:05', cannotParse('2030-01-02T03:04:05', '', 'Z07:00')],
    ['2030-01-02T03:04:05.Z', cannotParse('2030-01-02T03:04:05.Z', '.Z', 'Z07:00')],
    ['2030-13-02T03:04:05Z', 'parsing time "2030-13-02T03:04:05Z": month out of range'],
    ['2030-02-29T03:04:05Z', 'parsing time "2030-02-29T03:04:05Z": day out of range'],
    ['2030-02-32T03:04:05Z', 'parsing time "2030-02-32T03:04:05Z": day out of range'],
    ['2030-02-02T24:04:05Z', 'parsing time "2030-02-02T24:04:05Z": hour out of range'],
    ['2030-02-02T23:60:05Z', 'parsing time "2030-02-02T23:60:05Z": minute out of range'],
    ['2030-02-02T23:59:60Z', 'parsing time "2030-02-02T23:59:60Z": second out of range'],
    ['9999-12-31T23:59:59-23:59', 'parsing time "9999-12-31T23:59:59-23:59": year out of range'],
    ['2030-02-02T23:59:59Zulu', 'parsing time "2030-02-02T23:59:59Zulu": extra text: "ulu"'],
  ] as const)
    assert.throws(() => parseGoTime(text), { name: 'SyntaxError', message })
})

test('times are written as ipfs-cluster writes them', { timeout }, () => {
  const written = (text: string) => [momentText(new Date(text)), secondsText(new Date(text))]
  assert.deepEqual(written('2026-11-21T09:34:57.170Z'), ['2026-11-21T09:34:57.17Z', '2026-11-21T09:34:57Z'])
  assert.deepEqual(written('2026-11-21T10:00:00.000Z'), ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z'])
  assert.deepEqual(written('2026-11-21T10:00:00.009Z'), ['2026-11-21T10:00:00.009Z', '2026-11-21T10:00:00Z'])
})
