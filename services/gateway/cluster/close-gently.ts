import type { IncomingMessage } from 'node:http'

/** At most: who has read the answer closes first. Go's `net/http` waits half a second (server.go, `rstAvoidanceDelay`). */
const lingerMs = 5_000

/**
 * Call it before an answer that comes while the body is still being sent. The rest of the body is taken in and
 * forgotten, and the connection closed a moment after the answer instead of at once: else the system of the client,
 * which still sends, is told of a broken connection and throws the answer away (RFC 9112, section 9.6).
 */
export function closeGently(request: IncomingMessage): void {
  const { socket } = request
  if (request.complete || socket.destroyed) return
  request.resume()
  // What Node calls once an answer with `Connection: close` is written.
  const close = socket.destroySoon.bind(socket)
  socket.destroySoon = () => {
    const timer = setTimeout(close, lingerMs)
    socket.once('close', () => clearTimeout(timer))
  }
}
