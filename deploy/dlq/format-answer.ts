import type { DeadLetter } from '#libs/bus/index.ts'
import type { DlqAnswer } from './run-dlq-command.ts'

/** For programs: the message as text, or in base64 where it is none. */
export function toJson(answer: DlqAnswer): string {
  const value =
    answer.kind === 'list'
      ? { letters: answer.letters.map(withText), next: answer.next }
      : answer.kind === 'show'
        ? withText(answer.letter)
        : answer.results
  return `${JSON.stringify(value, undefined, 2)}\n`
}

const withText = ({ body, ...facts }: DeadLetter) => {
  const text = asText(body)
  return {
    ...facts,
    ...(text === undefined ? { bodyBase64: Buffer.from(body).toString('base64') } : { body: text }),
  }
}

/** For people. What a producer has sent cannot move the cursor or change colours. */
export function toText(answer: DlqAnswer): string {
  switch (answer.kind) {
    case 'list': {
      if (answer.letters.length === 0) return 'There are none.\n'
      const more = answer.next === undefined ? '' : `There are more: --after ${answer.next}, or --all.\n`
      return table(answer.letters) + more
    }
    case 'show': {
      const { body, ...facts } = answer.letter
      const lines = Object.entries(facts).map(
        ([field, value]) => `${field.padEnd(16)}${printable(String(value))}`,
      )
      return `${lines.join('\n')}\n\n${printable(asText(body) ?? Buffer.from(body).toString('base64'))}\n`
    }
    case 'settled':
      if (answer.results.length === 0) return 'There are none.\n'
      return answer.results
        .map(result => {
          const why = 'why' in result ? `: ${printable(result.why)}` : ''
          return `${String(result.id).padEnd(8)}${result.outcome}${why}\n`
        })
        .join('')
  }
}

function table(letters: readonly DeadLetter[]): string {
  const rows = letters.map(({ id, failedAt, consumer, subject, code, reason }) =>
    [String(id), failedAt.slice(0, 19), consumer, subject, code, reason].map(printable),
  )
  const head = ['ID', 'FAILED AT (UTC)', 'CONSUMER', 'SUBJECT', 'CODE', 'REASON']
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map(row => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`
  return [head, ...rows].map(line).join('')
}

const printable = (text: string) => text.replaceAll(/\p{C}+/gu, ' ')

function asText(body: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(body)
  return Buffer.from(text).equals(body) ? text : undefined
}
