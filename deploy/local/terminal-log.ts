import { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { type Logger, pino } from 'pino'

/** Pino writes a number, or the label where a service is set so. */
const LEVELS: { [level: string]: string } = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
/** Shown in columns of their own, or the same on every line. */
const NOT_AS_PAIRS = new Set(['level', 'time', 'msg', 'service', 'name', 'pid', 'hostname', 'v'])
const SERVICE_WIDTH = 14

export type TerminalLog = {
  log: Logger
  /** Prints a line that another process wrote, a JSON record of pino or plain text, under that process' name. */
  printLine: (service: string, line: string) => void
}

/** A log for people at a terminal: one line per record, in colour where `output` shows colours. */
export function createTerminalLog(output: NodeJS.WriteStream, level: string): TerminalLog {
  const colour: Paint = (format, text) => styleText(format, text, { stream: output })
  const printLine = (service: string, line: string) => {
    output.write(`${formatLine(service, line, colour)}\n`)
  }
  const records = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      for (const line of chunk.trimEnd().split('\n')) printLine('start', line)
      done()
    },
  })
  return { log: pino({ level, base: null }, records), printLine }
}

type Paint = (format: 'dim' | 'cyan' | 'yellow' | 'red' | 'green', text: string) => string

/** `HH:MM:SS service level message key=value`. A line that is no record is shown as it is. */
export function formatLine(service: string, line: string, paint: Paint = (_, text) => text): string {
  const record = parseRecord(line)
  const time = new Date(record?.time ?? Date.now())
  const clock = paint('dim', [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':'))
  const name = paint('cyan', (record?.service ?? service).padEnd(SERVICE_WIDTH))
  if (!record) return `${clock} ${name} ${line}`
  const level = LEVELS[record.level] ?? String(record.level)
  const isError = level === 'error' || level === 'fatal'
  const levelName = paint(isError ? 'red' : level === 'warn' ? 'yellow' : 'green', level.padEnd(5))
  const pairs = Object.entries(record).filter(([key]) => !NOT_AS_PAIRS.has(key))
  const shown = pairs.map(([key, value]) => `${paint('dim', `${key}=`)}${formatValue(value)}`)
  const stack = isError ? stackOf(record) : ''
  return [clock, name, levelName, record.msg ?? '', ...shown].join(' ').trimEnd() + stack
}

type LogRecord = {
  [key: string]: unknown
  level: string | number
  time?: number | string
  msg?: string
  service?: string
}

function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const record: LogRecord = JSON.parse(line)
    return 'level' in record ? record : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  if (typeof value === 'object' && value !== null && 'message' in value) return formatValue(value.message)
  return JSON.stringify(value) ?? 'undefined'
}

/** Of an error that pino serialised. */
function stackOf({ err }: LogRecord): string {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return ''
  return typeof err.stack === 'string' ? `\n${err.stack}` : ''
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0')
}
