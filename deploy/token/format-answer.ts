import type { AnswerField, TokenAnswer } from './run-token-command.ts'

/** For programs: a record a line, as JSON. Nothing for an empty list. */
export const toJson = (answer: TokenAnswer): string =>
  recordsOf(answer)
    .map(record => `${JSON.stringify(record)}\n`)
    .join('')

/** For people: a field a line, and an empty line between records. */
export function toText(answer: TokenAnswer): string {
  const records = recordsOf(answer)
  if (records.length === 0) return 'There are none.\n'
  return records.map(formatRecord).join('\n')
}

const recordsOf = (answer: TokenAnswer) => (Array.isArray(answer) ? answer : [answer])

const formatRecord = (record: Record<string, AnswerField>) =>
  Object.entries(record)
    .map(([field, value]) => `${field.padEnd(16)}${formatValue(value)}\n`)
    .join('')

function formatValue(value: AnswerField): string {
  if (value === null || value === '') return '-'
  return value instanceof Date ? value.toISOString() : String(value)
}
