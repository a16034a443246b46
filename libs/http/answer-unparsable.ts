import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorBody } from './error-answer.ts'
import { jsonLine } from './write-json.ts'

/** Statuses of Node's parser errors (lib/_http_server.js, `socketOnError`); every other one is a bad request. */
const statusOfCode: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** How long a client that is still sending gets to read its answer. */
const lingerMs = 2_000

/**
 * Answers bytes that never became a request, in the shape of all errors. Such a connection has no reply object: the
 * answer is written to the socket, which is closed afterwards.
 */
export function answerUnparsable(
  error: NodeJS.ErrnoException & { rawPacket?: unknown },
  socket: Socket,
  errorBody: ErrorBody,
): void {
  if (error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  // What comes after the answer cannot be parsed either.
  if (!socket.writable) return
  const statusCode = statusOfCode[error.code ?? ''] ?? 400
  const status = STATUS_CODES[statusCode] ?? 'error'
  const body = jsonLine(errorBody(statusCode, status, targetIn(error.rawPacket)))
  const lines = [
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  // Closed at once, a socket with bytes that nobody has read takes the answer with it (RFC 9112, section 9.6).
  const lingering = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => clearTimeout(lingering))
  socket.end(`HTTP/1.1 ${statusCode} ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** The target in the request line, if the bytes that could not be parsed begin with one. */
const targetIn = (packet: unknown) =>
  Buffer.isBuffer(packet) ? /^[A-Z]+ ([^ \r\n]+)/.exec(packet.toString('latin1', 0, 1024))?.[1] : undefined
