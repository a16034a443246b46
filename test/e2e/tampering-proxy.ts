import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Gate } from './gate.ts'

/** What a client gets instead of the CAR that the node answered. */
export type TamperedCar = {
  body: Uint8Array
  /** `reset` breaks the connection after the body; else the body ends well, as chunked encoding wants it. */
  ending?: 'reset'
  /** The trailer by which `dag/export` tells that it failed (go-ipfs-cmds http/responseemitter.go). */
  streamError?: string
  /** The rest of the body waits at the gate after so many bytes. */
  hold?: { afterBytes: number; gate: Gate }
}

/** Makes the answer from the whole CAR of the node. */
export type Tamper = (car: Buffer) => TamperedCar | Promise<TamperedCar>

/** An HTTP proxy in front of a Kubo. Disposing closes every connection. */
export type TamperingProxy = AsyncDisposable & {
  /** `target` with the address of the proxy. */
  readonly url: string
  /** Asked at each request for a CAR, `nth` from 1 on for each CID. `undefined` passes it through. */
  plan: (cid: string, nth: number) => Tamper | undefined
}

/** `target` is the gateway or the RPC API, whose calls other than `dag/export` pass through. */
export async function startTamperingProxy(target: string): Promise<TamperingProxy> {
  const requests = new Map<string, number>()
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '/', target)
    const cid = cidOfCarRequest(url)
    const nth = (requests.get(cid ?? '') ?? 0) + 1
    if (cid) requests.set(cid, nth)
    forward({ incoming, answer, url, tamper: cid === undefined ? undefined : proxy.plan(cid, nth) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  const url = new URL(target)
  url.port = String(address.port)
  const proxy: TamperingProxy = {
    url: url.href,
    plan: () => undefined,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return proxy
}

function cidOfCarRequest({ pathname, searchParams }: URL): string | undefined {
  if (pathname.endsWith('/dag/export')) return searchParams.get('arg') ?? undefined
  if (searchParams.get('format') === 'car') return pathname.split('/').at(-1)
  return undefined
}

type Exchange = { incoming: IncomingMessage; answer: ServerResponse; url: URL; tamper: Tamper | undefined }

function forward({ incoming, answer, url, tamper }: Exchange): void {
  const { protocol, hostname, port, pathname, search } = url
  const outgoing = request({
    protocol,
    hostname,
    port,
    path: `${pathname}${search}`,
    method: incoming.method ?? 'GET',
    headers: incoming.headers,
  })
  outgoing.on('response', node => {
    if (!tamper) {
      answer.writeHead(node.statusCode ?? 500, node.headers)
      node.on('error', () => answer.destroy())
      node.pipe(answer)
      return
    }
    sendTampered(tamper, node, answer).catch(() => answer.destroy())
  })
  outgoing.on('error', () => answer.destroy())
  incoming.on('error', () => outgoing.destroy())
  answer.on('close', () => {
    if (!answer.writableFinished) outgoing.destroy()
  })
  incoming.pipe(outgoing)
}

/** The tampered body is always chunked: it has another length, and a trailer needs it. */
async function sendTampered(tamper: Tamper, node: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { body, ending, streamError, hold } = await tamper(await buffer(node))
  const { 'content-length': _length, ...headers } = node.headers
  const trailer = streamError === undefined ? {} : { trailer: 'X-Stream-Error' }
  answer.writeHead(node.statusCode ?? 500, { ...headers, ...trailer, 'transfer-encoding': 'chunked' })
  if (hold) {
    answer.write(body.subarray(0, hold.afterBytes))
    await hold.gate.pass()
  }
  const rest = body.subarray(hold?.afterBytes ?? 0)
  if (ending === 'reset') {
    answer.write(rest, () => answer.socket?.resetAndDestroy())
    return
  }
  answer.write(rest)
  if (streamError !== undefined) answer.addTrailers({ 'X-Stream-Error': streamError })
  answer.end()
}
