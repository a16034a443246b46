import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseGoDuration } from './go-duration.ts'

const timeout = 20_000
const millisecondsOf = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ns: 1e-6,
}
const units = Object.entries(millisecondsOf)

test('durations as people write them', { timeout }, () => {
  for (const [text, milliseconds] of [
    ['72h', 259_200_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['.5m', 30_000],
    ['1.h', 3_600_000],
    ['+10s', 10_000],
    ['-10s', -10_000],
    ['0', 0],
    ['1m1m', 120_000],
    ['2562047h47m16.5s', 9_223_372_036_500],
  ] as const)
    assert.equal(parseGoDuration(text), milliseconds, text)
})

test('a duration of any parts is their sum', { timeout }, () => {
  const part = fc.record({
    whole: fc.nat(100_000),
    fraction: fc.option(fc.nat(999), { nil: undefined }),
    unit: fc.constantFrom(...units),
  })
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('', '+', '-'),
      (parts, sign) => {
        const text = parts.map(
          ({ whole, fraction, unit }) =>
            `${whole}${fraction === undefined ? '' : `.${String(fraction).padStart(3, '0')}`}${unit[0]}`,
        )
        const expected = parts.reduce(
          (sum, { whole, fraction = 0, unit }) => sum + (whole + fraction / 1000) * unit[1],
          0,
        )
        const parsed = parseGoDuration(sign + text.join(''))
        assert.ok(Math.abs(parsed - (sign === '-' ? -expected : expected)) < 0.001, `${sign}${text.join('')}`)
      },
    ),
  )
})

test('any other text is refused with a SyntaxError, never with another error', { timeout }, () => {
  const grammar = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[+-]?[0-9.hmsnu\u00b5]{0,12}$/))
  fc.assert(
    fc.property(text, given => {
      if (grammar.test(given)) assert.equal(typeof parseGoDuration(given), 'number')
      else assert.throws(() => parseGoDuration(given), SyntaxError, given)
    }),
  )
})

test('what is wrong is said in the words of Go', { timeout }, () => {
  for (const [text, message] of [
    ['', 'time: invalid duration ""'],
    ['soon', 'time: invalid duration "soon"'],
    ['10', 'time: missing unit in duration "10"'],
    ['3d', 'time: unknown unit "d" in duration "3d"'],
    ['1h.s', 'time: invalid duration "1h.s"'],
    ['9999999h', 'time: invalid duration "9999999h"'],
  ] as const)
    assert.throws(() => parseGoDuration(text), { name: 'SyntaxError', message })
})
