import { get, type IncomingMessage } from 'node:http'

/** One event, or a comment, as a reader gets it. */
export type ReceivedEvent = { name: string; data: ReturnType<typeof JSON.parse> } | { comment: string }

/** A reader of `GET /psa/pins/{requestid}/events`, over a connection of its own. Disposing hangs up. */
export async function followEvents(url: string, token: string, headers: Record<string, string> = {}) {
  const asking = get(url, { headers: { authorization: `Bearer ${token}`, ...headers } })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve).once('error', reject)
  })
  const read = readEvents(response.setEncoding('utf8'))
  return {
    status: response.statusCode,
    headers: response.headers,
    response,
    /** The next event; undefined after the last. Comments are left out unless asked for. */
    async next({ comments = false } = {}): Promise<ReceivedEvent | undefined> {
      for (let event = await read.next(); !event.done; event = await read.next())
        if (comments || 'data' in event.value) return event.value
      return undefined
    },
    [Symbol.dispose]: () => response.destroy(),
  }
}

async function* readEvents(response: AsyncIterable<string>): AsyncGenerator<ReceivedEvent> {
  let text = ''
  for await (const chunk of response) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const fieldOf = (name: string) =>
        lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = fieldOf('data')
      yield data === undefined
        ? { comment: lines.join('\n') }
        : { name: fieldOf('event') ?? 'message', data: JSON.parse(data) }
    }
  }
}
