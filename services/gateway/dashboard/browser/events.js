import { AskError, send } from './ask.js'

/** The server sends a comment at least every 15 seconds, unless it was told otherwise. */
const silenceMs = 60_000

/**
 * Follows server-sent events to their end. By `fetch`, because `EventSource` can send no token but in the URL.
 *
 * @param {string} path
 * @param {string} token
 * @param {AbortSignal} signal
 * @param {(name: string, data: any) => void} onEvent
 */
export async function followEvents(path, token, signal, onEvent) {
  const silence = new AbortController()
  let timer = 0
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(new AskError(0, 'The server says nothing.')), silenceMs)
  }
  heard()
  try {
    const answer = await send(path, token, { signal: AbortSignal.any([signal, silence.signal]) })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (;;) {
      const part = await reader?.read()
      if (!part || part.done) return
      heard()
      text += part.value
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        tell(text.slice(0, end), onEvent)
        text = text.slice(end + 2)
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof AskError) throw error
    throw new AskError(0, 'The connection was lost.')
  } finally {
    clearTimeout(timer)
  }
}

/**
 * @param {string} block
 * @param {(name: string, data: any) => void} onEvent
 */
function tell(block, onEvent) {
  const lines = block.split('\n')
  /** @param {string} name */
  const fieldOf = name => lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2)
  const data = fieldOf('data')
  if (data !== undefined) onEvent(fieldOf('event') ?? 'message', JSON.parse(data))
}
