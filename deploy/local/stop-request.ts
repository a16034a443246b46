/** A second Ctrl-C is meant; the one that npm passes on comes together with the terminal's own. */
const IMPATIENT_AFTER_MS = 1_000
const PARENT_POLL_MS = 1_000

/**
 * The signal that is aborted when this process is to stop: by SIGINT, SIGTERM or SIGHUP, when its parent died, or
 * when nobody reads its output any more. A second signal ends the process at once; its guard then ends the others.
 */
export function onStopRequest(): AbortSignal {
  const stop = new AbortController()
  let firstAtMs = Number.POSITIVE_INFINITY
  const request = (reason: string) => {
    if (!stop.signal.aborted) firstAtMs = performance.now()
    stop.abort(reason)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (performance.now() - firstAtMs > IMPATIENT_AFTER_MS) process.exit(1)
      request(signal)
    })
  const parent = process.ppid
  const watch = setInterval(() => process.ppid === parent || request('its parent ended'), PARENT_POLL_MS)
  watch.unref()
  for (const output of [process.stdout, process.stderr])
    output.on('error', () => request('nobody reads its output'))
  return stop.signal
}
