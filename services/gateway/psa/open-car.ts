import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { finished, Readable } from 'node:stream'
import { disconnectStalled, HttpError } from '#libs/http/index.ts'
import { type ObjectRef, StorageError } from '#libs/storage/index.ts'
import { failureBody } from './failure-body.ts'
import type { PinReceipt } from './pin-receipt.ts'
import { type Part, readRange } from './read-range.ts'
import type { TakeSeat } from './seats.ts'

export const carType = 'application/vnd.ipld.car'

type Deps = {
  read: (ref: ObjectRef, options: { signal: AbortSignal; range?: Part }) => AsyncIterable<Uint8Array>
  takeSeat: TakeSeat
  /** A reader that takes nothing for so long is disconnected. */
  stallTimeoutMs: number
  /** Aborted when the server can wait no longer. */
  stopping: AbortSignal
}

type Asked = { headers: IncomingHttpHeaders; tokenId: string }

/** What to answer. `response` is what the body will be written to: with its end the store is left. */
export type OpenCar = (receipt: PinReceipt, asked: Asked, response: ServerResponse) => Promise<CarAnswer>

type CarAnswer = { status: number; headers: Record<string, string | number>; body?: Readable | object }

/**
 * The CAR of a receipt, or the part of it that the headers of a request ask for. Headers are those of trustless gateways
 * (specs.ipfs.tech/http-gateways/trustless-gateway). The ETag is strong: it is the hash of the bytes. The store is read
 * as fast as the reader takes. Rejects with `HttpError` 503 when the store fails before the first byte.
 */
export const createOpenCar =
  ({ read, takeSeat, stallTimeoutMs, stopping }: Deps): OpenCar =>
  async (receipt, { headers: asked, tokenId }, response) => {
    const sizeBytes = receipt.bytes
    const etag = `"${receipt.carCid}"`
    const headers = { ...headersOf(receipt), ETag: etag }
    if (isNamedIn(asked['if-none-match'], etag)) return { status: 304, headers }
    const isRangeMeant = asked['if-range'] === undefined || asked['if-range'] === etag
    const range = isRangeMeant ? readRange(asked.range, sizeBytes) : undefined
    if (range === 'none') {
      const body = failureBody(416, `Range: the CAR has ${sizeBytes} bytes`)
      return { status: 416, headers: { 'Content-Range': `bytes */${sizeBytes}` }, body }
    }

    const seat = takeSeat(tokenId)
    const gone = new AbortController()
    finished(response, () => {
      gone.abort(new HttpError(400, 'the client went away'))
      seat[Symbol.dispose]()
    })
    const signal = AbortSignal.any([stopping, gone.signal])
    const body = Readable.from(await begun(read(refOf(receipt), { signal, ...(range && { range }) })))
    disconnectStalled(response, stallTimeoutMs)
    const { offset, length } = range ?? { offset: 0, length: sizeBytes }
    const size = { 'Content-Type': `${carType}; version=1`, 'Content-Length': length }
    if (!range) return { status: 200, headers: { ...headers, ...size }, body }
    const place = { 'Content-Range': `bytes ${offset}-${offset + length - 1}/${sizeBytes}` }
    return { status: 206, headers: { ...headers, ...size, ...place }, body }
  }

const refOf = ({ bucket, key }: PinReceipt): ObjectRef => ({ bucket, key })

const headersOf = ({ root }: PinReceipt) => ({
  'Accept-Ranges': 'bytes',
  'Cache-Control': 'private, no-cache',
  'Content-Disposition': `attachment; filename="${root}.car"`,
  'X-Content-Type-Options': 'nosniff',
  'X-Ipfs-Path': `/ipfs/${root}`,
  'X-Ipfs-Roots': root,
})

const isNamedIn = (header: string | undefined, etag: string) =>
  (header ?? '').split(',').some(one => [etag, `W/${etag}`, '*'].includes(one.trim()))

/** Waits for the first bytes: as long as there are none, a failure of the store can still be an answer. */
async function begun(bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = bytes[Symbol.asyncIterator]()
  const first = await iterator.next().catch((cause: unknown) => {
    throw cause instanceof StorageError
      ? new HttpError(503, 'the store did not give the CAR', { cause })
      : cause
  })
  async function* all() {
    if (!first.done) yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return all()
}
