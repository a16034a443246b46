/** The zero time of Go, which stands for "never" and "not given". */
export const zeroTime = '0001-01-01T00:00:00Z'

const layout = '2006-01-02T15:04:05Z07:00'

/** The elements of the layout, with the ranges that Go checks while it reads. */
const elements: readonly { element: string; pattern: RegExp; range?: readonly [string, number, number] }[] = [
  { element: '2006', pattern: /^\d{4}/ },
  { element: '-', pattern: /^-/ },
  { element: '01', pattern: /^\d\d/, range: ['month', 1, 12] },
  { element: '-', pattern: /^-/ },
  { element: '02', pattern: /^\d\d/ },
  { element: 'T', pattern: /^T/ },
  { element: '15', pattern: /^\d\d/, range: ['hour', 0, 23] },
  { element: ':', pattern: /^:/ },
  { element: '04', pattern: /^\d\d/, range: ['minute', 0, 59] },
  { element: ':', pattern: /^:/ },
  { element: '05', pattern: /^\d\d(?:\.\d+)?/, range: ['second', 0, 59.999_999_999] },
  { element: 'Z07:00', pattern: /^(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)/ },
]

/**
 * Reads a time as Go's `time.UnmarshalText` does: strict RFC 3339, any number of decimals, any zone. Keeps milliseconds.
 * Throws `SyntaxError` with Go's text.
 */
export function parseGoTime(text: string): Date {
  const prefix = `parsing time ${JSON.stringify(text)}`
  let rest = text
  for (const { element, pattern, range } of elements) {
    const [found] = pattern.exec(rest) ?? []
    if (found === undefined)
      throw new SyntaxError(
        `${prefix} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`,
      )
    if (range && (Number(found) < range[1] || Number(found) > range[2]))
      throw new SyntaxError(`${prefix}: ${range[0]} out of range`)
    rest = rest.slice(found.length)
  }
  if (rest !== '') throw new SyntaxError(`${prefix}: extra text: ${JSON.stringify(rest)}`)
  // A day that the month does not have becomes one of the next month.
  const day = text.slice(0, 10)
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day)
    throw new SyntaxError(`${prefix}: day out of range`)
  const time = new Date(text)
  // The zone can move it there. Go writes, and Postgres reads, four digits.
  if (time.getUTCFullYear() > 9999) throw new SyntaxError(`${prefix}: year out of range`)
  return time
}

/** As Go writes the times that ipfs-cluster made in this request: with decimals, without zeros at their end. */
export const momentText = (time: Date): string => time.toISOString().replace(/\.?0+Z$/, 'Z')

/** As Go writes the times that ipfs-cluster has read back from its state, which keeps whole seconds. */
export const secondsText = (time: Date): string => `${time.toISOString().slice(0, -'.000Z'.length)}Z`
