import { CliError } from './cli-error.ts'
import { readEventStream } from './event-stream.ts'
import { type Answer, explainNoAnswer, sendRequest } from './http-request.ts'
import type { PinRequest, PinStatus } from './pin-status.ts'
import type { Receipt } from './receipt.ts'
import type { KnownServer } from './server.ts'

/** A page of a list. `count` is of all that match. */
export type PinPage = { count: number; results: PinStatus[] }

/** A CAR as it comes, with its size where the server tells it. */
export type StoredCar = { sizeBytes: number | undefined; bytes: AsyncGenerator<Uint8Array> }

/** The Pinning Service API of one server, with one token. Its functions throw `CliError`. */
export type PinningApi = {
  /** All of them, or none: up to 1000. The answers are in the order of the request. */
  add: (pins: readonly PinRequest[]) => Promise<PinStatus[]>
  list: (query: URLSearchParams) => Promise<PinPage>
  get: (requestId: string) => Promise<PinStatus>
  remove: (requestId: string) => Promise<void>
  receipt: (requestId: string) => Promise<Receipt>
  car: (requestId: string) => Promise<StoredCar>
  /** The pin at once, and again whenever it has changed, until it is final or the connection ends. Throws when it is removed. */
  events: (requestId: string) => AsyncGenerator<PinStatus>
}

type Method = 'GET' | 'POST' | 'DELETE'
type More = { accept?: string; json?: unknown }

/** Speaks to `{url}/psa`. `signal` ends what is under way. */
export function createPinningApi(
  { url, token }: Pick<KnownServer, 'url' | 'token'>,
  signal: AbortSignal,
): PinningApi {
  const send = (method: Method, path: string, { accept = 'application/json', json }: More = {}) =>
    sendRequest(`${url}/psa${path}`, {
      method,
      authorization: `Bearer ${token}`,
      headers: { accept, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      signal,
    })
  const readJson = async <T>(...request: Parameters<typeof send>): Promise<T> => {
    const { body } = await send(...request)
    return (await body.json()) as T
  }
  const pathOf = (requestId: string) => `/pins/${encodeURIComponent(requestId)}`
  async function* bytesOf({ body }: Answer): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } catch (error) {
      signal.throwIfAborted()
      throw explainNoAnswer(url, error)
    }
  }

  return {
    add: json => readJson('POST', '/batch', { json }),
    list: query => readJson('GET', `/pins?${query.toString()}`),
    get: requestId => readJson('GET', pathOf(requestId)),
    async remove(requestId) {
      await (await send('DELETE', pathOf(requestId))).body.dump()
    },
    receipt: requestId => readJson('GET', `${pathOf(requestId)}/receipt`),
    async car(requestId) {
      const answer = await send('GET', `${pathOf(requestId)}/car`, { accept: 'application/vnd.ipld.car' })
      const sizeBytes = Number(answer.headers['content-length'])
      return { sizeBytes: Number.isNaN(sizeBytes) ? undefined : sizeBytes, bytes: bytesOf(answer) }
    },
    async *events(requestId) {
      const answer = await send('GET', `${pathOf(requestId)}/events`, { accept: 'text/event-stream' })
      for await (const { name, data } of readEventStream(bytesOf(answer))) {
        if (name === 'deleted') throw new CliError('failed', `the pin ${requestId} was removed`)
        yield JSON.parse(data) as PinStatus
      }
    },
  }
}
