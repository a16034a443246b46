import { formatBytes, formatCount, formatDuration } from '#deploy/terminal/human-units.ts'
import type { PinStatus } from './pin-status.ts'

const BAR_WIDTH = 24
const PHASES_WITH_BYTES = new Set(['transferring', 'validating'])

/** `[█████░░░░░]`; `share` is from 0 to 1. */
export function formatBar(share: number, width = BAR_WIDTH): string {
  const filled = Math.floor(Math.min(Math.max(share, 0), 1) * width)
  return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}]`
}

type Look = {
  /** Draws bars. */
  isLive: boolean
}

/** What goes on with a pin, by its `info`. How long it still takes is told where the size is known. */
export function formatPinProgress({ status, info }: PinStatus, { isLive }: Look): string {
  const [phase = status, percent] = (info['progress'] ?? status).split(' ')
  // What has no numbers yet is told in words: the place in the queue, the search, the wait between two attempts.
  if (!PHASES_WITH_BYTES.has(phase)) return `${phase.padEnd(13)} ${info['status_details'] ?? ''}`.trimEnd()
  const bytes = Number(info['bytes_fetched'] ?? 0)
  const rate = Number(info['rate'] ?? 0)
  const share = percent === undefined ? undefined : Number.parseInt(percent, 10) / 100
  return formatProgress(
    {
      phase,
      bytes,
      blocks: Number(info['blocks'] ?? 0),
      rate,
      share,
      secondsLeft: share === undefined || rate === 0 ? undefined : ((1 - share) * bytes) / rate,
      note: info['stalled_for'] === undefined ? undefined : `nothing has come for ${info['stalled_for']} s`,
    },
    { isLive },
  )
}

type Progress = {
  phase: string
  bytes: number
  blocks?: number | undefined
  /** Bytes per second. */
  rate: number
  /** From 0 to 1, where the whole is known. */
  share?: number | undefined
  secondsLeft?: number | undefined
  note?: string | undefined
}

/** One line of progress. */
function formatProgress(progress: Progress, { isLive }: Look): string {
  const { phase, bytes, blocks, rate, share, secondsLeft, note } = progress
  return [
    phase.padEnd(13),
    share === undefined ? undefined : isLive ? formatBar(share) : undefined,
    share === undefined ? undefined : `${Math.floor(share * 100)}%`.padStart(4),
    formatBytes(bytes).padStart(10),
    blocks === undefined ? undefined : `${formatCount(blocks)} block${blocks === 1 ? '' : 's'}`.padStart(14),
    `${formatBytes(Math.round(rate))}/s`.padStart(12),
    secondsLeft === undefined ? undefined : `${formatDuration(secondsLeft * 1_000)} left`,
    note,
  ]
    .filter(part => part !== undefined)
    .join(' ')
}

/** Makes lines of progress of bytes that pass by here, out of `totalBytes` where these are known. */
export function createByteProgress(
  phase: string,
  totalBytes: number | undefined,
  look: Look,
  nowMs = () => performance.now(),
) {
  const startedAtMs = nowMs()
  return (bytes: number, blocks?: number): string => {
    const seconds = (nowMs() - startedAtMs) / 1_000
    const rate = seconds > 0 ? bytes / seconds : 0
    const share = totalBytes ? bytes / totalBytes : undefined
    const secondsLeft = totalBytes && rate > 0 ? Math.max(totalBytes - bytes, 0) / rate : undefined
    return formatProgress({ phase, bytes, blocks, rate, share, secondsLeft }, look)
  }
}
