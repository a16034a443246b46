import { setInterval } from 'node:timers/promises'
import { DemoError } from './demo-error.ts'
import type { PinState, Receipt } from './pin-client.ts'

const POLL_MS = 200
/** Longer than the longest pause between two attempts of a job (`RETRY_MAX_MS`). */
const SILENCE_LIMIT_MS = 15 * 60_000

type Watch = {
  readState: () => Promise<PinState>
  /** Hears every state, also one that is as before: time has passed. */
  onState: (state: PinState) => void
  signal: AbortSignal
}

/**
 * Asks for the state until the pin is final; there is nothing that tells a client. Throws {@link DemoError} with the
 * reason of a pin that failed, or when nothing changes for a quarter of an hour.
 */
export async function watchPin({ readState, onState, signal }: Watch): Promise<Receipt> {
  let last = ''
  let changedAtMs = performance.now()
  for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
    const state = await readState()
    if (state.status === 'pinned' && state.receipt) return state.receipt
    if (state.status === 'pin_error') throw new DemoError(`the pin failed: ${state.failure}`)
    onState(state)
    const now = JSON.stringify(state)
    if (now !== last) changedAtMs = performance.now()
    last = now
    if (performance.now() - changedAtMs > SILENCE_LIMIT_MS)
      throw new DemoError(
        `the pin is ${state.status}, and nothing changed for ${SILENCE_LIMIT_MS / 60_000} min`,
      )
  }
  throw new DemoError('the pin was not watched to its end')
}
