import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { headerText, jsonLine } from '#libs/http/index.ts'
import type { AddedOutput } from './added-output.ts'

type Reply = {
  hijack(): unknown
  getHeaders(): Record<string, string | number | string[] | undefined>
  raw: ServerResponse
}

/** Headers of every answer of `POST /add` (ipfs-cluster adder/adderutils/adderutils.go). */
export const addHeaders = { 'Cache-Control': 'no-cache', Connection: 'close' }

/**
 * Answers 200 at once and writes each object as it comes, because clients show the progress of what they still send.
 * An error ends the answer with the trailer `X-Stream-Error`; `explain` gives its text.
 */
export async function streamAdded(
  reply: Reply,
  lines: AsyncIterable<AddedOutput>,
  { signal, explain }: { signal: AbortSignal; explain: (error: unknown) => string },
): Promise<void> {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...reply.getHeaders(),
    ...addHeaders,
    'Content-Type': 'application/json',
    'X-Chunked-Output': '1',
    Trailer: 'X-Stream-Error',
  })
  raw.flushHeaders()
  try {
    for await (const line of lines) if (!raw.write(jsonLine(line))) await once(raw, 'drain', { signal })
  } catch (error) {
    raw.addTrailers({ 'X-Stream-Error': headerText(explain(error)) })
  }
  raw.end()
}
