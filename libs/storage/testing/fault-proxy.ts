import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** What the proxy does to one request instead of passing it on. */
export type Fault =
  /** An S3 error, without asking the store. */
  | { kind: 'answer'; httpStatus: number; s3Code: string }
  /** The connection is reset before the store sees the request. */
  | { kind: 'cut' }
  /** The request is swallowed and never answered. */
  | { kind: 'silence' }
  /** The store does the work, then the connection is reset instead of its answer. */
  | { kind: 'lose-answer' }
  /** The answer stops after so many bytes of its body, with a reset or in silence. */
  | { kind: 'cut-body' | 'stall-body'; afterBytes: number }
  /** Passed on when the promise resolves. */
  | { kind: 'hold'; until: Promise<void> }

/** `undefined` = pass it on. */
export type FaultPlan = (call: S3Request) => Fault | undefined

/** A request as the proxy sees it, with the name of its S3 operation. */
export type S3Request = { operation: string; url: URL; conditional: boolean }

/** An HTTP proxy in front of a store, which fails as `plan` says. Disposing closes every connection. */
export type FaultProxy = AsyncDisposable & {
  readonly endpoint: string
  /** May be replaced at any time. */
  plan: FaultPlan
  /** How many requests of an operation came in. */
  countOf(operation: string): number
}

export async function startFaultProxy(
  target: string,
  plan: FaultPlan = () => undefined,
): Promise<FaultProxy> {
  const counts = new Map<string, number>()
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '/', target)
    const operation = operationOf(incoming, url)
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
    const conditional = 'if-none-match' in incoming.headers
    serve(proxy.plan({ operation, url, conditional }), incoming, answer, url)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${address.port}`,
    plan,
    countOf: operation => counts.get(operation) ?? 0,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return proxy
}

function serve(fault: Fault | undefined, incoming: IncomingMessage, answer: ServerResponse, url: URL): void {
  switch (fault?.kind) {
    case undefined:
      return forward(incoming, answer, url)
    case 'answer':
      incoming.resume()
      answer.writeHead(fault.httpStatus, { 'content-type': 'application/xml', connection: 'close' })
      answer.end(`<Error><Code>${fault.s3Code}</Code><Message>scripted</Message></Error>`)
      return
    case 'cut':
      incoming.destroy()
      return
    case 'silence':
      incoming.resume()
      return
    case 'hold':
      fault.until.then(
        () => forward(incoming, answer, url),
        () => incoming.destroy(),
      )
      return
    case 'lose-answer':
      return forward(incoming, answer, url, () => incoming.socket.destroy())
    case 'cut-body':
    case 'stall-body':
      return forward(incoming, answer, url, stored => sendPart(fault, stored, answer))
  }
}

/** The headers stay as they are, the Host too: the signature covers them. */
function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  url: URL,
  onAnswer = (stored: IncomingMessage): void => {
    answer.writeHead(stored.statusCode ?? 500, stored.headers)
    stored.pipe(answer)
  },
): void {
  const outgoing = request(url, { method: incoming.method ?? 'GET', headers: incoming.headers })
  outgoing.on('response', onAnswer)
  outgoing.on('error', () => answer.destroy())
  incoming.on('error', () => outgoing.destroy())
  answer.on('close', () => {
    if (!answer.writableFinished) outgoing.destroy()
  })
  incoming.pipe(outgoing)
}

function sendPart(
  { kind, afterBytes }: { kind: 'cut-body' | 'stall-body'; afterBytes: number },
  stored: IncomingMessage,
  answer: ServerResponse,
): void {
  answer.writeHead(stored.statusCode ?? 500, stored.headers)
  let sentBytes = 0
  stored.on('data', (chunk: Buffer) => {
    const bytes = chunk.subarray(0, afterBytes - sentBytes)
    sentBytes += bytes.length
    if (bytes.length > 0) answer.write(bytes)
    if (sentBytes < afterBytes) return
    stored.pause()
    if (kind === 'cut-body') answer.write('', () => answer.destroy())
  })
}

function operationOf({ method, headers }: IncomingMessage, { searchParams, pathname }: URL): string {
  const isCopy = 'x-amz-copy-source' in headers
  const isObject = pathname.split('/').length > 2
  if (method === 'POST')
    return searchParams.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  if (method === 'DELETE') return searchParams.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'HEAD') return isObject ? 'HeadObject' : 'HeadBucket'
  if (method === 'PUT' && searchParams.has('partNumber')) return isCopy ? 'UploadPartCopy' : 'UploadPart'
  if (method === 'PUT') return isCopy ? 'CopyObject' : 'PutObject'
  if (!isObject) return searchParams.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2'
  return searchParams.has('uploadId') ? 'ListParts' : 'GetObject'
}
