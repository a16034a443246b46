import { AskError } from './ask.js'

const firstRetryMs = 1_000
const lastRetryMs = 30_000

/**
 * @typedef {object} Repeating
 * @property {(signal: AbortSignal) => Promise<number>} look Resolves with the milliseconds until the next one
 * @property {(isLost: boolean) => void} onConnection
 * @property {(error: Error) => void} onError An error that waiting does not heal; looks end with it
 * @property {AbortSignal} signal Ends it
 */

/**
 * Looks again and again, one look at a time, and not at all while the page is hidden. While there is no answer it waits
 * longer each time. Returns a function that looks at once.
 *
 * @param {Repeating} repeating
 * @returns {() => void}
 */
export function repeat({ look, onConnection, onError, signal }) {
  let wake = () => {}
  let current = new AbortController()
  const lookNow = () => {
    current.abort()
    wake()
  }

  async function run() {
    let retryMs = firstRetryMs
    while (!signal.aborted) {
      current = new AbortController()
      let waitMs = 0
      try {
        waitMs = await look(AbortSignal.any([signal, current.signal]))
        retryMs = firstRetryMs
        onConnection(false)
      } catch (error) {
        if (signal.aborted) return
        // Somebody wants to see something else, at once.
        if (current.signal.aborted) continue
        if (!(error instanceof AskError && error.isPassing)) throw error
        onConnection(true)
        // Pages that have lost the same server must not come back in step.
        waitMs = retryMs * (0.75 + Math.random() / 2)
        retryMs = Math.min(retryMs * 2, lastRetryMs)
      }
      if (!current.signal.aborted) await pause(waitMs)
    }
  }

  /** @param {number} ms */
  const pause = ms =>
    /** @type {Promise<void>} */ (
      new Promise(resolve => {
        if (signal.aborted) return resolve()
        const timer = setTimeout(() => document.hidden || wake(), ms)
        const begunAt = performance.now()
        const onShown = () => {
          if (!document.hidden && performance.now() - begunAt >= ms) wake()
        }
        wake = () => {
          clearTimeout(timer)
          document.removeEventListener('visibilitychange', onShown)
          resolve()
        }
        document.addEventListener('visibilitychange', onShown)
      })
    )

  signal.addEventListener('abort', () => wake(), { once: true })
  run().catch(onError)
  return lookNow
}
