import type { Readable } from 'node:stream'
import { HttpError } from './http-error.ts'

/** How much of a body is taken in, and how long its sender may take for all of it. */
export type BodyLimits = { maxBodyBytes: number; bodyTimeoutMs: number }

/**
 * Reads `body` to its end and gives each chunk to `keep`. Rejects with `HttpError` 413 as soon as it is longer than the
 * limit, 408 when its end does not come in time, and 400 when the sender goes away. Never holds more than one chunk.
 */
export function drainBody(
  body: Readable,
  { maxBodyBytes, bodyTimeoutMs }: BodyLimits,
  keep: (chunk: Buffer) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sizeBytes = 0
    const timer = setTimeout(settle, bodyTimeoutMs, new HttpError(408, 'the body did not arrive in time'))
    const onData = (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (sizeBytes > maxBodyBytes) settle(tooLarge(maxBodyBytes))
      else keep(chunk)
    }
    const onEnd = () => settle()
    const onClose = () => settle(new HttpError(400, 'the body ended too early'))

    function settle(error?: HttpError): void {
      clearTimeout(timer)
      body.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      if (!error) return resolve()
      body.pause()
      reject(error)
    }
    body.on('data', onData).once('end', onEnd).once('close', onClose).once('error', onClose)
  })
}

/** The refusal of a body that is longer than it may be. */
export const tooLarge = (maxBodyBytes: number) =>
  new HttpError(413, `the body is larger than ${maxBodyBytes} bytes`)
