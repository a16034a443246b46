import { on } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { HttpError } from '#libs/http/index.ts'
import type { UploadWatch } from './upload-watch.ts'

/**
 * The bytes of a body as they are asked for: the socket is not read while nobody asks. Throws `HttpError` 413 past
 * `maxBytes`, 400 when the body ends early, and the reason of the watch. The connection stays open after a throw, so
 * that it can be answered.
 */
export async function* readUpload(
  request: IncomingMessage,
  { maxBytes, watch }: { maxBytes: number; watch: UploadWatch },
): AsyncGenerator<Buffer> {
  let sizeBytes = 0
  const { signal } = watch
  try {
    const chunks = on(request, 'data', { signal, close: ['end', 'close'], highWaterMark: 2, lowWaterMark: 1 })
    for await (const [chunk] of chunks as AsyncIterable<[Buffer]>) {
      sizeBytes += chunk.length
      if (sizeBytes > maxBytes) throw new HttpError(413, `the body is larger than ${maxBytes} bytes`)
      watch.progress()
      yield chunk
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof HttpError ? error : endedEarly(error)
  }
  if (!request.complete) throw endedEarly()
}

const endedEarly = (cause?: unknown) => new HttpError(400, 'the body ended too early', { cause })
