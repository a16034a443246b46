import { DemoError } from './demo-error.ts'

const REQUEST_TIMEOUT_MS = 30_000

/** What Pickup shows of a pinned content. */
export type Receipt = {
  root: string
  car_cid: string
  bucket: string
  key: string
  car_bytes: number
  blocks: number
  dag_bytes: number
  verified_at: string
  indexed_at: string | null
}

/** What the demo reads of the answer to `GET /pins/{cid}`. */
export type PinState = {
  status: string
  /** Empty unless the pin failed. */
  failure: string
  progress?: { phase: string; dag_bytes: number; dag_blocks: number; car_bytes: number }
  receipt?: Receipt
}

type Access = { gatewayUrl: string; clusterBasicAuth: string }
type PinRequest = { cid: string; name: string; origins: readonly string[] }

/** The path and query of the request that pins. */
function pinPath({ cid, name, origins }: PinRequest): string {
  const query = new URLSearchParams({ name })
  if (origins.length > 0) query.set('origins', origins.join(','))
  // Both may stand in a query as they are (RFC 3986 section 3.4), and multiaddrs can then be read.
  return `/pins/${cid}?${query.toString().replaceAll('%2F', '/').replaceAll('%2C', ',')}`
}

/** The same request for a shell. */
export const describePin = ({ gatewayUrl, clusterBasicAuth }: Access, request: PinRequest): string =>
  `curl -u ${clusterBasicAuth} -X POST '${gatewayUrl}${pinPath(request)}'`

/** Resolves when Pickup has accepted the pin. */
export async function requestPin(access: Access, request: PinRequest, signal: AbortSignal): Promise<void> {
  await send(access, 'POST', pinPath(request), signal)
}

export async function readPinState(access: Access, cid: string, signal: AbortSignal): Promise<PinState> {
  const answer = JSON.parse(await send(access, 'GET', `/pins/${cid}`, signal))
  const [peer] = Object.values<{ status: string; error: string }>(answer.peer_map)
  if (!peer) throw new DemoError(`the state of ${cid} names no peer`)
  const { progress, receipt } = answer
  return { status: peer.status, failure: peer.error, progress, receipt }
}

async function send(access: Access, method: string, path: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${access.gatewayUrl}${path}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(access.clusterBasicAuth).toString('base64')}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  })
  const text = await response.text()
  if (!response.ok) throw new DemoError(`${method} ${path} answered ${response.status}: ${text}`)
  return text
}
