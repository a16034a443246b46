import { readCommandLine, USAGE } from '../demo/command-line.ts'
import { runDemo } from '../demo/run-demo.ts'
import { formatDuration } from '../terminal/human-units.ts'
import { reasonOf } from '../terminal/reason-of.ts'
import { createTerminal } from '../terminal/terminal.ts'
import { onStopRequest } from './stop-request.ts'
import { createTerminalLog } from './terminal-log.ts'

/** What shells expect of a program that Ctrl-C ended. */
const INTERRUPTED = 130

/** Resolves with the exit code. */
async function main(): Promise<number> {
  const signal = onStopRequest()
  const terminal = createTerminal(process.stdout)
  const { log, printLine } = createTerminalLog(process.stderr, process.env['LOG_LEVEL'] || 'info')
  const startedAtMs = performance.now()
  try {
    const options = readCommandLine(process.argv.slice(2))
    if (options.help) {
      process.stdout.write(USAGE)
      return 0
    }
    await runDemo(options, { terminal, log, printLine, signal })
    terminal.check('what the demo started is stopped, its files are removed')
    terminal.line(`done in ${formatDuration(performance.now() - startedAtMs)}`)
    return 0
  } catch (error) {
    terminal.endProgress()
    if (signal.aborted) {
      log.info('stopped; nothing is left')
      return INTERRUPTED
    }
    log.debug({ err: error }, 'the demo failed')
    process.stderr.write(`✗ ${reasonOf(error)}\n`)
    return 1
  }
}

process.exitCode = await main()
