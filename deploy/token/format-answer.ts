import type { AnswerField, TokenAnswer } from './run-token-command.ts'

/** For people: a field a line, and an empty line between records. */
export function formatAnswer(answer: TokenAnswer): string {
  const records = Array.isArray(answer) ? answer : [answer]
  if (records.length === 0) return 'There are none.\n'
  return records.map(formatRecord).join('\n')
}

const formatRecord = (record: Record<string, AnswerField>) =>
  Object.entries(record)
    .map(([field, value]) => `${field.padEnd(16)}${formatValue(value)}\n`)
    .join('')

function formatValue(value: AnswerField): string {
  if (value === null || value === '') return '-'
  return value instanceof Date ? value.toISOString() : String(value)
}
