import { Readable } from 'node:stream'
import { Agent, type Dispatcher } from 'undici'

import { TransientError } from '#libs/errors/index.ts'

import { KuboCommandError } from './kubo-call.ts'
import type { KuboEndpoint } from './kubo-endpoint.ts'

export type KuboResponse = Dispatcher.ResponseData

/** A list is sent as a repeated parameter. */
export type CommandParameters = Readonly<Record<string, string | readonly string[]>>

/** What a command gets to read, with its content type. */
export type CommandBody = { contentType: string; bytes: AsyncIterable<Uint8Array> }

/**
 * All calls. They go over undici because there trailers are seen, and because `fetch` gives up after 300 s without a header or
 * a byte.
 */
export type KuboHttp = AsyncDisposable & {
  /**
   * Runs an RPC command. Empty parameters are left out. Throws {@link KuboCommandError} if Kubo refuses at once.
   * Kubo may answer while it still reads `body`; what `body` throws breaks the call.
   */
  runCommand(
    command: string,
    parameters: CommandParameters,
    signal: AbortSignal,
    body?: CommandBody,
  ): Promise<KuboResponse>
  /** Any answer of the gateway, whatever its status. */
  readGateway(
    path: string,
    parameters: Record<string, string>,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<KuboResponse>
}

/** Opens connections on demand. Disposing breaks the requests that run. */
export function openKuboHttp(endpoints: { rpc: KuboEndpoint; gateway: KuboEndpoint }): KuboHttp {
  // No HTTP/2: the end of a body is judged by the rules of HTTP/1.1, and Kubo sends its trailers there.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, allowH2: false })
  const { rpc, gateway } = endpoints
  return {
    async runCommand(command, parameters, signal, body) {
      const given = Object.entries(parameters)
        .flatMap(([name, value]) => [value].flat().map(item => [name, item] as [string, string]))
        .filter(([, value]) => value !== '')
      const response = await agent.request({
        origin: rpc.url.origin,
        path: `${rpc.url.pathname}/${command}?${new URLSearchParams(given).toString()}`,
        method: 'POST',
        headers: { ...rpc.headers, ...(body && { 'content-type': body.contentType }) },
        body: body ? Readable.from(body.bytes) : null,
        signal,
      })
      if (response.statusCode === 200) return response
      throw await readCommandError(response)
    },

    readGateway: (path, parameters, headers, signal) =>
      agent.request({
        origin: gateway.url.origin,
        path: `${gateway.url.pathname.replace(/\/$/, '')}${path}?${new URLSearchParams(parameters).toString()}`,
        method: 'GET',
        headers: { ...gateway.headers, ...gatewayHost(gateway.url), ...headers },
        signal,
      }),

    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

/**
 * A gateway asked as `localhost` redirects to a subdomain per CID (boxo gateway/hostname.go), which resolvers
 * need not know. Asked by its address it answers on the path.
 */
function gatewayHost(url: URL): Record<string, string> {
  return url.hostname === 'localhost' ? { host: `127.0.0.1:${url.port}` } : {}
}

/** Kubo's errors are `{ Message, Code, Type }` with status 500 (go-ipfs-cmds http/errors.go). */
async function readCommandError(response: KuboResponse): Promise<Error> {
  const text = await response.body.text()
  const isJson = String(response.headers['content-type']).startsWith('application/json')
  if (response.statusCode === 500 && isJson) {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && 'Message' in body) {
      return new KuboCommandError(String(body.Message))
    }
  }
  return new TransientError(
    'source-unavailable',
    `Kubo answered ${response.statusCode}: ${text.slice(0, 200)}`,
  )
}

/**
 * Throws what Kubo reports after a body has ended well: a command that fails late ends with status 200, a clean end,
 * and its reason in this trailer (go-ipfs-cmds http/responseemitter.go). Call it when the body is read to its end.
 */
export function throwLateError(response: KuboResponse): void {
  const reason = response.trailers['x-stream-error']
  if (reason !== undefined) throw new KuboCommandError(reason)
}

/** Closes the request of a body that is not read to its end. After the end it does nothing. */
export function closeBody({ body }: KuboResponse): void {
  // Closing early is told to the stream as an error of its own, which nobody waits for.
  body.on('error', () => undefined)
  body.destroy()
}
