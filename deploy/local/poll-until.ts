import { setTimeout as delay } from 'node:timers/promises'
import { StackError } from './stack-error.ts'

/** Foreign servers do not say when they are ready: they are asked every `intervalMs` until `probe` stops rejecting. */
type PollOptions = { what: string; timeoutMs: number; intervalMs?: number; signal?: AbortSignal }

/** Resolves at the first success of `probe`. Throws {@link StackError} with its last reason after `timeoutMs`. */
export async function pollUntil<T>(probe: () => Promise<T>, options: PollOptions): Promise<T> {
  const { what, timeoutMs, intervalMs = 40, signal } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await probe()
    } catch (error) {
      if (performance.now() > deadline)
        throw new StackError(`${what} was not ready after ${timeoutMs / 1000} s`, { cause: error })
    }
    await delay(intervalMs, undefined, signal && { signal })
  }
}
