import { HttpError } from '#libs/http/index.ts'

const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * An RFC 3339 time of any precision and zone, in the milliseconds that `created` has. What is finer counts: with `up`
 * a pin is before the result exactly when it is before the time that was given, with `down` the same for after.
 * A `+` that came unencoded in a query has become a space. Throws `HttpError` 400 that names `parameter`.
 */
export function readInstant(parameter: string, text: string, rounding: 'up' | 'down'): Date {
  const [, day = '', time = '', fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+ -]\d\d:\d\d)$/.exec(text.toUpperCase()) ?? []
  const wholeMs = Date.parse(`${day}T${time}${zone.replace(' ', '+')}`)
  if (Number.isNaN(wholeMs) || !isDay(day))
    throw new HttpError(400, `${parameter}: must be a time of RFC 3339, such as 2020-07-27T17:32:28.276Z`)
  const isFiner = /[1-9]/.test(fraction.slice(3))
  const ms = wholeMs + Number(fraction.slice(0, 3).padEnd(3, '0')) + (isFiner && rounding === 'up' ? 1 : 0)
  // No pin was created outside of these, and Postgres does not read every year that JavaScript writes.
  return new Date(Math.min(Math.max(ms, 0), lastMs))
}

/** A day that the month does not have would become one of the next month. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day)
}
