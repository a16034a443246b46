import { formatBytes, formatCount, formatExactBytes } from '#deploy/terminal/human-units.ts'
import type { PinStatus } from './pin-status.ts'

/** A pin as a line of a list. */
export function formatPinLine({ requestid, status, created, pin, info }: PinStatus): string {
  const size = info['dag_size'] === undefined ? '' : formatBytes(Number(info['dag_size']))
  const when = created.slice(0, 16).replace('T', ' ')
  return [requestid, status.padEnd(7), size.padStart(10), when, pin.cid, pin.name ?? ''].join('  ').trimEnd()
}

/** All that is known of a pin, for people. */
export function formatPin({ requestid, status, created, pin, info }: PinStatus): string {
  return formatRows([
    ['request id', requestid],
    ['CID', pin.cid],
    ['name', pin.name],
    ['status', status],
    ['', info['status_details']],
    ['failure', info['failure_code']],
    ['DAG size', sizeOf(info['dag_size'])],
    ['data size', sizeOf(info['raw_size'])],
    ['blocks', countOf(info['blocks'])],
    ['CAR', info['car_cid']],
    ['verified at', info['verified_at']],
    ['created', created],
    ['pinned until', info['pinned_until']],
    ['attempts', info['attempts']],
    ...Object.entries(pin.meta ?? {}).map(([key, value]) => [`meta ${key}`, value] as const),
    ...(pin.origins ?? []).map(origin => ['origin', origin] as const),
  ])
}

/** A table of names and values, without those that have no value. */
export const formatRows = (rows: readonly (readonly [name: string, value: string | undefined])[]): string =>
  rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(13)} ${value}`)
    .join('\n')

const sizeOf = (text: string | undefined) => (text === undefined ? undefined : formatExactBytes(Number(text)))
const countOf = (text: string | undefined) => (text === undefined ? undefined : formatCount(Number(text)))
