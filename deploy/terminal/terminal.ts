import { styleText } from 'node:util'

/** Who reads a file or a pipe gets no more lines of progress than this. */
const PLAIN_INTERVAL_MS = 1_000
/** Nobody reads faster, and each costs a write. */
const LIVE_INTERVAL_MS = 50

/** What people see. */
export type Terminal = {
  /** Begins a step. */
  step(title: string): void
  line(text: string): void
  /** Something was proven. */
  check(text: string): void
  /** What goes on now. On a terminal it replaces the one before; elsewhere it is a line, at most one per second. What comes too soon is left out. */
  progress(text: string): void
  /** Takes the line of progress away. */
  endProgress(): void
}

/** Shows to `output`; live and in colour where it is a terminal. */
export function createTerminal(output: NodeJS.WriteStream): Terminal {
  const isLive = output.isTTY
  let isShown = false
  let shownAtMs = Number.NEGATIVE_INFINITY

  function endProgress() {
    if (isShown) output.write('\r\u001B[2K')
    isShown = false
  }
  function line(text: string) {
    endProgress()
    output.write(`${text}\n`)
  }
  return {
    step: title => line(`\n${styleText('bold', title, { stream: output })}`),
    line: text => line(`  ${text}`),
    check: text => line(`  ${styleText('green', '✓', { stream: output })} ${text}`),
    progress(text) {
      if (performance.now() - shownAtMs < (isLive ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS)) return
      shownAtMs = performance.now()
      if (!isLive) {
        output.write(`  ${text}\n`)
        return
      }
      // A line that wraps could not be replaced.
      output.write(`\r\u001B[2K  ${text.slice(0, output.columns - 3)}`)
      isShown = true
    },
    endProgress,
  }
}
