import { setTimeout as delay } from 'node:timers/promises'
import { CliError } from './cli-error.ts'
import { isFinal, type PinStatus } from './pin-status.ts'
import type { PinningApi } from './pinning-api.ts'

const RECONNECT_MS = 1_000
/** In a row, without an event between them. */
const MAX_BROKEN = 30

type Watch = {
  api: Pick<PinningApi, 'events'>
  /** Hears every change, the last one included. */
  onStatus: (status: PinStatus) => void
  signal: AbortSignal
}

/**
 * Follows a pin to its end and resolves with it. A connection that breaks later is made again: a gateway may be replaced
 * while a transfer runs for hours. Throws `CliError` once the server was away for half a minute.
 */
export async function watchPin(requestId: string, { api, onStatus, signal }: Watch): Promise<PinStatus> {
  let triesLeft = 0
  for (;;) {
    try {
      for await (const status of api.events(requestId)) {
        triesLeft = MAX_BROKEN
        onStatus(status)
        if (isFinal(status)) return status
      }
    } catch (error) {
      if (!(error instanceof CliError && error.kind === 'unreachable') || triesLeft-- <= 0) throw error
    }
    await delay(RECONNECT_MS, undefined, { signal })
  }
}
