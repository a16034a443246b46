import { randomBytes } from 'node:crypto'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { addBytes } from './content.ts'
import { createGate } from './gate.ts'
import { startLoneService } from './lone-service.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { startTamperingProxy } from './tampering-proxy.ts'

const partBytes = 5 * 1024 ** 2

/** A pipeline with a second IPFS node for a second fetcher, and one that has what is pinned. */
export type Bench = AsyncDisposable & {
  pipeline: Pipeline
  provider: RunningKubo
  /** The IPFS node of the second fetcher; that of the first is the pipeline's. */
  secondNode: RunningKubo
}

/** `options` must not start the fetchers of a test: see {@link startFetcher}. */
export async function startBench(options: Parameters<typeof startPipeline>[0]): Promise<Bench> {
  await using starting = new AsyncDisposableStack()
  const pipeline = starting.use(await startPipeline(options))
  const [provider, secondNode] = await Promise.all([
    pipeline.startNode('provider'),
    pipeline.startNode('second'),
  ])
  const resources = starting.move()
  return { pipeline, provider, secondNode, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

/** Pins bytes that only the provider has. */
export async function pinNew({ pipeline, provider }: Bench, sizeBytes: number): Promise<string> {
  const cid = await addBytes(provider, randomBytes(sizeBytes), 'cid-version=1&pin=false')
  await pipeline.client.pin(cid, { origins: provider.multiaddrs })
  return cid
}

/** A fetcher whose first transfer stops after `afterBytes`, until the gate is opened. One job at a time. */
export async function startHeldFetcher(
  pipeline: Pipeline,
  node: RunningKubo,
  afterBytes: number,
  settings: Record<string, string> = {},
) {
  await using starting = new AsyncDisposableStack()
  const gate = createGate()
  const proxy = starting.use(await startTamperingProxy(node.gatewayUrl))
  let held = false
  proxy.plan = () => {
    if (held) return undefined
    held = true
    return body => ({ body, hold: { afterBytes, gate } })
  }
  const fetcher = starting.use(await startFetcher(pipeline, { ...node, gatewayUrl: proxy.url }, settings))
  const resources = starting.move()
  return { gate, fetcher, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

/** A fetcher that works on one job at a time, so that it holds no other job's messages while it sleeps. */
export const startFetcher = (
  pipeline: Pipeline,
  node: Pick<RunningKubo, 'apiUrl' | 'gatewayUrl'>,
  settings: Record<string, string> = {},
) =>
  startLoneService(pipeline, 'fetcher', {
    KUBO_API_URL: node.apiUrl,
    KUBO_GATEWAY_URL: node.gatewayUrl,
    LOCATE_CONCURRENCY: '1',
    S3_PART_BYTES: String(partBytes),
    // What waits at a gate has not stalled.
    FETCH_CHUNK_TIMEOUT_MS: '60000',
    ...settings,
  })
