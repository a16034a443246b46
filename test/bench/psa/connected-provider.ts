import type { RunningKubo } from '#deploy/local/kubo.ts'
import { rpc } from '../../e2e/content.ts'
import type { Pipeline } from '../../e2e/pipeline.ts'

/** A further IPFS node that the one of the fetcher need not look for. */
export async function connectedProvider(pipeline: Pipeline, name: string): Promise<RunningKubo> {
  const provider = await pipeline.startNode(name)
  await rpc(pipeline.kubo, `swarm/connect?arg=${provider.multiaddrs[0]}`)
  return provider
}
