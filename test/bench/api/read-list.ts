import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

export type ListResult = {
  objects: number
  perSecond: number
  /** From the request to the first byte of the body. */
  firstByteMs: number
  megabytes: number
}

/** Reads a whole list as fast as it comes and counts its lines. Throws at another answer than 200 and at a stream error. */
export async function readList(url: string, authorization: string): Promise<ListResult> {
  const startedAt = performance.now()
  const outgoing = request(url, { headers: { authorization }, agent: false }).end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
  let firstByteMs = 0
  let objects = 0
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    firstByteMs ||= performance.now() - startedAt
    bytes += chunk.length
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) objects++
  }
  if (answer.trailers['x-stream-error']) throw new Error(`${url}: ${answer.trailers['x-stream-error']}`)
  const seconds = (performance.now() - startedAt) / 1000
  return { objects, perSecond: objects / seconds, firstByteMs, megabytes: bytes / 1e6 }
}
