const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** @param {number} value */
export function bytes(value) {
  let power = 0
  let scaled = value
  while (scaled >= 999.5 && power < units.length - 1) {
    scaled /= 1_000
    power++
  }
  return `${power === 0 || scaled >= 99.95 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`
}

const numbers = new Intl.NumberFormat('en')

/** @param {number} value */
export const number = value => numbers.format(value)

/**
 * @param {number} value
 * @param {string} noun
 */
export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`

/** A time of so many seconds. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(Math.round(seconds), 0)} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${number(Math.floor(seconds / 86_400))} d`
}

/**
 * How long ago an instant is, as people say it.
 *
 * @param {string} instant
 * @param {number} [now]
 */
export function age(instant, now = Date.now()) {
  const seconds = (now - Date.parse(instant)) / 1_000
  return seconds < 5 ? 'just now' : `${duration(seconds)} ago`
}

const times = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** The instant in the zone of whoever reads it. @param {string} instant */
export const localTime = instant => times.format(new Date(instant))

/** The start and the end of a long identifier. @param {string} id */
export const short = id => (id.length > 24 ? `${id.slice(0, 12)}…${id.slice(-8)}` : id)

/** Whether a text is a CID rather than a part of a name. @param {string} text */
export const looksLikeCid = text => /^(Qm[1-9A-HJ-NP-Za-km-z]{44}|[bBfFkKzZ][A-Za-z0-9]{40,})$/.test(text)
