import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

/** Statuses of Node's parser errors (lib/_http_server.js, `socketOnError`); every other one is a bad request. */
const statusOfCode: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/**
 * Answers bytes that never became a request, in the shape of all errors. Such a connection has no reply object: the
 * answer is written to the socket, which is closed afterwards.
 */
export function answerUnparsable(
  error: NodeJS.ErrnoException,
  socket: Socket,
  errorBody: (statusCode: number, message: string) => object,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const statusCode = statusOfCode[error.code ?? ''] ?? 400
  const status = STATUS_CODES[statusCode] ?? 'error'
  const body = JSON.stringify(errorBody(statusCode, status))
  const lines = [
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`HTTP/1.1 ${statusCode} ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}
