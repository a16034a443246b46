import { TransientError } from '#libs/errors/index.ts'

import { closeBody, type KuboResponse, throwLateError } from './kubo-http.ts'

export type JsonLine = Readonly<Record<string, unknown>>

/**
 * The objects of a streaming RPC answer, one per line. Throws the error that Kubo reports after the last of them.
 * Leaving the loop early closes the request.
 */
export async function* readJsonLines(response: KuboResponse): AsyncGenerator<JsonLine> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body) {
      const lines = (text + decoder.decode(chunk, { stream: true })).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) if (line !== '') yield parseLine(line)
    }
    if (text !== '') yield parseLine(text)
    throwLateError(response)
  } finally {
    closeBody(response)
  }
}

function parseLine(line: string): JsonLine {
  const value: unknown = JSON.parse(line)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value))
  throw new TransientError('source-unavailable', `Kubo sent a line that is no object: ${line.slice(0, 200)}`)
}
