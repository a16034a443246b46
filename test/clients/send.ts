import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Exchange } from './check-answer.ts'

type Sent = {
  method: string
  target: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** Sends one request to the server at `url` on a connection of its own; the whole answer, with its trailers. */
export async function send(url: string, sent: Sent): Promise<Exchange> {
  const { method, target, headers = {}, body } = sent
  const { hostname, port } = new URL(url)
  const outgoing = request({ hostname, port, path: target, method, headers, agent: false })
  const { promise, resolve, reject } = Promise.withResolvers<Exchange>()
  outgoing.on('error', reject)
  outgoing.on('response', answer => {
    text(answer).then(received => {
      const { statusCode: status = 0, headersDistinct, trailers } = answer
      const joined = Object.entries(headersDistinct).map(([name, values = []]) => [
        name,
        values.length > 1 ? values : values[0],
      ])
      const found = {
        headers: Object.fromEntries(joined),
        trailers: { ...trailers } as Record<string, string>,
      }
      resolve({ method, target, status, body: received, ...found })
    }, reject)
  })
  outgoing.end(body)
  return promise
}
