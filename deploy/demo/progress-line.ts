import { formatBytes, formatCount, formatDuration } from '../terminal/human-units.ts'
import type { PinState } from './pin-client.ts'

const PHASE_WIDTH = 13

/**
 * Makes lines of progress: the phase, what the IPFS node has of the DAG, how much of the CAR was sent on to S3 or was
 * checked there, the rate of the CAR since the phase began, and the time since the first line.
 */
export function createProgressLine(nowMs = () => performance.now()) {
  const startedAtMs = nowMs()
  let current = { phase: '', sinceMs: startedAtMs, fromBytes: 0 }
  return ({ status, progress }: Pick<PinState, 'status' | 'progress'>): string => {
    const phase = progress?.phase ?? (status === 'pin_queued' ? 'queued' : status)
    const { dag_bytes: dagBytes = 0, dag_blocks: blocks = 0, car_bytes: carBytes = 0 } = progress ?? {}
    if (phase !== current.phase) current = { phase, sinceMs: nowMs(), fromBytes: carBytes }
    const seconds = (nowMs() - current.sinceMs) / 1000
    const bytesPerSecond = seconds > 0 ? (carBytes - current.fromBytes) / seconds : 0
    return [
      phase.padEnd(PHASE_WIDTH),
      `${formatBytes(dagBytes)} fetched`.padStart(18),
      `${formatCount(blocks)} blocks`.padStart(14),
      `${formatBytes(carBytes)} ${phase === 'validating' ? 'checked' : 'to S3'}`.padStart(18),
      `${formatBytes(Math.round(bytesPerSecond))}/s`.padStart(12),
      formatDuration(nowMs() - startedAtMs).padStart(9),
    ].join(' ')
  }
}
