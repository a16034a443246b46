const nanosecondsOf = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])
const maxNanoseconds = 2n ** 63n - 1n

/**
 * Milliseconds of a duration in Go's notation: `72h`, `1h30m`, `-1.5s` (Go package time, `ParseDuration`). There is no
 * unit beyond hours. Throws `SyntaxError` with Go's text.
 */
export function parseGoDuration(text: string): number {
  const invalid = () => new SyntaxError(`time: invalid duration ${JSON.stringify(text)}`)
  const [, sign = '', parts = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (parts === '0') return 0
  if (parts === '') throw invalid()
  let total = 0n
  for (let rest = parts; rest !== ''; ) {
    const [part = '', whole = '', fraction = '', unit = ''] = /^(\d*)\.?(\d*)([^\d.]*)/.exec(rest) ?? []
    if (whole === '' && fraction === '') throw invalid()
    total += nanoseconds({ whole, fraction, unit }, text)
    if (total > maxNanoseconds) throw invalid()
    rest = rest.slice(part.length)
  }
  const milliseconds = Number(total) / 1_000_000
  return sign === '-' ? -milliseconds : milliseconds
}

function nanoseconds(part: { whole: string; fraction: string; unit: string }, text: string): bigint {
  const { whole, fraction, unit } = part
  if (unit === '') throw new SyntaxError(`time: missing unit in duration ${JSON.stringify(text)}`)
  const scale = nanosecondsOf.get(unit)
  if (scale === undefined)
    throw new SyntaxError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`)
  return BigInt(whole) * scale + (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
}
