import { formatBytes, formatDuration } from '../terminal/human-units.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { PickupAccess } from './open-pickup.ts'
import { describePin, type Receipt, readPinState, requestPin } from './pin-client.ts'
import { createProgressLine } from './progress-line.ts'
import { formatReceipt } from './show-receipt.ts'
import { watchPin } from './watch-pin.ts'

type Pin = { cid: string; name: string; origins: readonly string[] }

/** Pins over HTTP, shows the progress and the receipt. `wasPinned` tells that there was nothing to do. */
export async function pinAndWatch(
  access: PickupAccess,
  pin: Pin,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<{ receipt: Receipt; wasPinned: boolean }> {
  terminal.step('The pin, over HTTP')
  terminal.line(describePin(access, pin))
  const before = await readPinState(access, pin.cid, signal)
  const startedAtMs = performance.now()
  await requestPin(access, pin, signal)
  const formatProgress = createProgressLine()
  const receipt = await watchPin({
    readState: () => readPinState(access, pin.cid, signal),
    onState: state => terminal.progress(formatProgress(state)),
    signal,
  })
  terminal.endProgress()
  const elapsedMs = performance.now() - startedAtMs
  const wasPinned = before.status === 'pinned'
  const rate = formatBytes(Math.round((receipt.dag_bytes / elapsedMs) * 1000))
  terminal.check(
    wasPinned
      ? 'it was pinned already'
      : `pinned in ${formatDuration(elapsedMs)}, ${rate}/s from request to receipt`,
  )
  terminal.step('The receipt')
  for (const line of formatReceipt(receipt)) terminal.line(line)
  return { receipt, wasPinned }
}
