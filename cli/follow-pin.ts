import type { Output } from './output.ts'
import { isFinal, type PinStatus } from './pin-status.ts'
import { formatPin } from './pin-text.ts'
import type { PinningApi } from './pinning-api.ts'
import { formatPinProgress } from './progress.ts'
import { watchPin } from './watch-pin.ts'

type Deps = { api: Pick<PinningApi, 'events'>; output: Output; signal: AbortSignal }

/** Shows a pin until it is final, and resolves with it: people see progress and the end, programs every change. */
export async function followPin(requestId: string, { api, output, signal }: Deps): Promise<PinStatus> {
  const final = await watchPin(requestId, {
    api,
    onStatus: status => {
      if (output.json) output.result(status, '')
      else if (!isFinal(status)) output.progress(formatPinProgress(status, output))
    },
    signal,
  })
  if (!output.json) output.result(final, formatPin(final))
  return final
}
