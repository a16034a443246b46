import { createTerminal, type Terminal } from '#deploy/terminal/terminal.ts'

/** Where a command tells what it found and does. Results go to stdout, all else to stderr. */
export type Output = Pick<Terminal, 'progress' | 'endProgress'> & {
  /** A result: `value` as one line of JSON for a program, `text` for a person. */
  result: (value: object, text: string) => void
  /** Something beside the results, for people only. */
  note: (text: string) => void
  /** As it is, in both forms. */
  raw: (text: string) => void
  error: (message: string, details: { exitCode: number }) => void
  /** For programs: JSON, and nothing for people. */
  json: boolean
  /** Whether a line of progress may be drawn over. */
  isLive: boolean
}

type Streams = { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream; json: boolean }

/** `json` makes it write one JSON object a line, errors too, and no progress. */
export function createOutput({ stdout, stderr, json }: Streams): Output {
  const terminal = createTerminal(stderr)
  const print = (stream: NodeJS.WriteStream, text: string) => {
    terminal.endProgress()
    stream.write(`${text}\n`)
  }
  return {
    result: (value, text) => print(stdout, json ? JSON.stringify(value) : text),
    note: text => json || print(stderr, text),
    raw: text => stdout.write(text),
    error: (message, { exitCode }) =>
      print(stderr, json ? JSON.stringify({ error: { message, exitCode } }) : `pickup: ${message}`),
    progress: text => json || terminal.progress(text),
    endProgress: () => terminal.endProgress(),
    json,
    isLive: stderr.isTTY && !json,
  }
}
