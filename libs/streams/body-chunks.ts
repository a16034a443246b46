import { on } from 'node:events'
import type { Readable } from 'node:stream'

/** Chunks that may wait, of 64 KiB at most: the body is paused above the first number and goes on below the second. */
const waiting = { highWaterMark: 8, lowWaterMark: 2 }

/**
 * The chunks of a body as they come from the socket. A body's own iterator joins what has gathered, which copies nearly every
 * byte once more. Throws when the body fails or is closed before its end. Owns the body: leaving the loop early closes it.
 */
export async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    // Of a body that is gone already no event comes any more.
    if (!body.destroyed)
      for await (const [chunk] of on(body, 'data', { close: ['end', 'close'], ...waiting })) yield chunk
    if (!body.readableEnded)
      throw body.errored ?? new Error('the connection was closed before the end of the body')
  } finally {
    // An error that comes when nobody reads any more is nobody's.
    body.on('error', () => undefined).destroy()
  }
}
