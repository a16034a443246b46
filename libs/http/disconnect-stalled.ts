import type { ServerResponse } from 'node:http'

/**
 * Cuts off a reader that takes nothing for `stallTimeoutMs` while there is something for it. The socket's own timer
 * counts from the last byte that left; it runs out too when the source has nothing yet.
 */
export function disconnectStalled(raw: ServerResponse, stallTimeoutMs: number): void {
  raw.setTimeout(stallTimeoutMs, () => {
    // Also what is left of an answer that is written to its end: then nothing waits for `drain`.
    if (raw.writableLength > 0) raw.destroy()
    else raw.setTimeout(stallTimeoutMs)
  })
}
