/** A server-sent event; `name` is `message` where the server gives none. */
export type ServerSentEvent = { name: string; data: string }

/**
 * The events of a `text/event-stream` (HTML Living Standard, section 9.2.6). Ids are not looked at; comments keep the
 * connection alive. An event that is cut off at the end does not count.
 */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let name = 'message'
  let data: string[] = []
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { name, data: data.join('\n') }
      name = 'message'
      data = []
    } else if (line.startsWith('data:')) data.push(valueOf(line))
    else if (line.startsWith('event:')) name = valueOf(line)
  }
}

const valueOf = (line: string) => line.slice(line.indexOf(':') + 1).replace(/^ /, '')

/** Without their ends, which are CR, LF or both. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    // The LF of a pair may be in the next chunk.
    const lines = rest.split(/\r\n|\n|\r(?=.)/s)
    rest = lines.pop() ?? ''
    yield* lines
  }
}
