import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { disconnectStalled } from './disconnect-stalled.ts'
import { jsonLine } from './write-json.ts'

type SendOptions = {
  /** The status of a list without objects; 204 breaks the JavaScript client of ipfs-cluster. */
  emptyStatus: 200 | 204
  /** A reader that takes nothing for so long is disconnected. */
  stallTimeoutMs: number
}

type Reply = Pick<FastifyReply, 'code' | 'header' | 'trailer' | 'send' | 'raw' | 'request' | 'server'>

/**
 * Answers with one object a line and the trailer `X-Stream-Error` (ipfs-cluster api/common/api.go, `StreamResponse`).
 * A page is written at once, and the next one asked for when the client has taken it: no more than two are held.
 * The first object decides: an error before it is an ordinary error answer, none at all is `emptyStatus`, and a later
 * error stands in the trailer, which is empty without one. Owns `pages`: they are closed when the answer ends, also
 * when that is because the client went away.
 */
export async function sendObjects(
  reply: Reply,
  pages: AsyncIterable<readonly object[]>,
  { emptyStatus, stallTimeoutMs }: SendOptions,
): Promise<Reply> {
  const iterator = pages[Symbol.asyncIterator]()
  const first = await firstWithObjects(iterator)
  let streamError = ''
  reply.header('Content-Type', 'application/json')
  if (!first) return reply.code(emptyStatus).send(emptyStatus === 204 ? undefined : '')

  async function* lines() {
    try {
      yield textOf(first ?? [])
      for (let next = await iterator.next(); !next.done; next = await iterator.next())
        if (next.value.length > 0) yield textOf(next.value)
    } catch (error) {
      const { statusCode, message } = reply.server.answerError(error)
      if (statusCode >= 500) reply.request.log.error({ err: error, url: reply.request.url }, 'stream failed')
      streamError = headerText(message)
    }
  }
  const body = Readable.from(lines())
  // Also when the client was gone before the first line, so that `lines` never began.
  body.once('close', () => {
    iterator
      .return?.()
      .catch((err: unknown) => reply.request.log.error({ err }, 'a list could not be closed'))
  })

  disconnectStalled(reply.raw, stallTimeoutMs)
  reply.trailer('X-Stream-Error', async () => streamError)
  return reply.send(body)
}

async function firstWithObjects(
  iterator: AsyncIterator<readonly object[]>,
): Promise<readonly object[] | undefined> {
  for (let next = await iterator.next(); !next.done; next = await iterator.next())
    if (next.value.length > 0) return next.value
  return undefined
}

const textOf = (objects: readonly object[]) => objects.map(jsonLine).join('')

/** A text for a header: on one line, and as the bytes of UTF-8, which is how Go reads it. */
export const headerText = (message: string) =>
  Buffer.from(message.replace(/\p{Cc}+/gu, ' '), 'utf8').toString('latin1')
