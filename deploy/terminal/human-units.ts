const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** `100.3 MiB`; below 1 KiB in bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes / 1024
  let unit = 0
  // 1023.95 would be shown as 1024.0.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`
}

/** `1,234`: the same in every locale. */
export const formatCount = (count: number): string => count.toLocaleString('en-US')

/** `100.3 MiB (105,171,111 bytes)`. */
export const formatExactBytes = (bytes: number): string =>
  `${formatBytes(bytes)} (${formatCount(bytes)} bytes)`

/** `7.4 s`, `3 min 05 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}
