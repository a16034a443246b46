import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'

/** One part of a multipart body, as Go clients of ipfs-cluster write them. */
export type Part = { name?: string; type?: string; bytes?: Uint8Array | string; headers?: readonly string[] }

export const boundary = 'e2e-boundary'

const headOf = ({ name, type = 'application/octet-stream', headers = [] }: Part) =>
  [
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"${name === undefined ? '' : `; filename="${encodeURIComponent(name)}"`}`,
    `Content-Type: ${type}`,
    ...headers,
    '',
    '',
  ].join('\r\n')

/** A whole body. */
export const multipart = (...parts: Part[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(part => [Buffer.from(headOf(part)), Buffer.from(part.bytes ?? ''), Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ])

/** A body with one file whose bytes come as they are asked for. */
export async function* streamedFile(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  yield Buffer.from(headOf({ name }))
  yield* chunks
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

/** An answer of `POST /add`. */
export type AddAnswer = {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** What the trailer says; undefined when there is none. */
  streamError: string | undefined
  objects: { name: string; cid: string | null; bytes?: number; size?: number; allocations?: string[] }[]
}

type Options = {
  contentType?: string | undefined
  signal?: AbortSignal
  onText?: (text: string) => void
  headers?: Record<string, string>
}

/** Posts to `/add` with the credentials of the pipeline. Rejects when the connection breaks before the answer ends. */
export function postAdd(
  gatewayUrl: string,
  query: Record<string, string>,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  options: Options = {},
): Promise<AddAnswer> {
  const { signal, onText, headers = {} } = options
  const contentType =
    'contentType' in options ? options.contentType : `multipart/form-data; boundary=${boundary}`
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${gatewayUrl}/add?${new URLSearchParams(query).toString()}`, {
      method: 'POST',
      auth: 'user:secret',
      headers: contentType === undefined ? headers : { 'Content-Type': contentType, ...headers },
      ...(signal && { signal }),
    })
    request.on('error', reject)
    request.on('response', response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        onText?.(text)
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers, trailers } = response
        // The rest of a body that was refused is of no use.
        if (!request.writableFinished) request.destroy()
        resolve({ status, headers, text, streamError: trailers['x-stream-error'], objects: objectsOf(text) })
      })
    })
    const source = body instanceof Uint8Array ? Readable.from([body]) : Readable.from(body)
    source.on('error', error => request.destroy(error))
    source.pipe(request)
  })
}

/** The objects of an answer, whether it is a stream or an array; none of an error. */
function objectsOf(text: string): AddAnswer['objects'] {
  const documents = text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
  return documents.flat().filter(one => 'cid' in one)
}
