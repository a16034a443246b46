import type { ServerResponse } from 'node:http'
import { disconnectStalled } from '#libs/http/index.ts'

type Reply = {
  hijack(): unknown
  getHeaders(): Record<string, string | number | string[] | undefined>
  raw: ServerResponse
}

type Options = {
  /** A reader that takes nothing for so long is disconnected. */
  stallTimeoutMs: number
  /** After so long without a word a comment is due, so that proxies keep the connection. */
  heartbeatMs: number
}

/** Server-sent events (WHATWG HTML, section 9.2) to one reader. After its end nothing is written. */
export type EventStream = {
  /** Whether the reader has not yet taken what was written: an event now would only wait in memory. */
  readonly isBehind: boolean
  /** Whether it ended, or the reader went away. */
  readonly isOver: boolean
  /** `data` has no line break; `name` is that of `message` when none is given. */
  send: (data: string, name?: string) => void
  /** Writes a comment if one is due. */
  beat: () => void
  /** With a last comment that says why. */
  end: (why: string) => void
}

/** Answers 200 at once. Takes the response over from the server. */
export function openEventStream(reply: Reply, { stallTimeoutMs, heartbeatMs }: Options): EventStream {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...reply.getHeaders(),
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    Connection: 'close',
    // A proxy of nginx would collect the events first.
    'X-Accel-Buffering': 'no',
  })
  disconnectStalled(raw, stallTimeoutMs)
  const isOver = () => raw.writableEnded || raw.destroyed
  let writtenAt = 0
  function write(text: string): void {
    if (isOver()) return
    writtenAt = performance.now()
    raw.write(text)
  }
  return {
    get isBehind() {
      return raw.writableNeedDrain
    },
    get isOver() {
      return isOver()
    },
    send: (data, name) => write(`${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`),
    beat() {
      if (!raw.writableNeedDrain && performance.now() - writtenAt >= heartbeatMs) write(':\n\n')
    },
    end(why) {
      write(`: ${why}\n\n`)
      raw.end()
    },
  }
}
