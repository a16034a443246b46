import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { keepPorts } from '#deploy/local/kept-ports.ts'
import { type RunningKubo, startKubo } from '#deploy/local/kubo.ts'
import { rpc } from '../e2e/content.ts'
import type { Pipeline } from '../e2e/pipeline.ts'
import { startDelayProxy } from './delay-proxy.ts'

/** An IPFS node that is reached the long way only. */
export type FarProvider = AsyncDisposable & { node: RunningKubo; origin: string }

/** Starts a node with a delay before it, and connects the fetcher's node to it. Disposing stops it. */
export async function startFarProvider(
  { supervisor, servers, folder, kubo }: Pipeline,
  name: string,
  roundTripMs: number,
): Promise<FarProvider> {
  await using starting = new AsyncDisposableStack()
  const dataDir = join(folder, name)
  await mkdir(dataDir, { recursive: true })
  // The node takes the same ones, and its address has to be known before it starts.
  const { swarm } = await keepPorts(join(dataDir, 'ports.json'), ['api', 'gateway', 'swarm'])
  const proxy = starting.use(await startDelayProxy(swarm, roundTripMs / 2))
  const address = `/ip4/127.0.0.1/tcp/${proxy.port}`
  const node = await startKubo(supervisor, {
    dataDir,
    name,
    binary: servers.binaries.kubo,
    isolated: true,
    extraConfig: { Addresses: { Announce: [address] } },
  })
  starting.defer(() => node.child.stop())
  const origin = `${address}/p2p/${node.peerId}`
  await rpc(kubo, `swarm/connect?arg=${origin}`)
  const resources = starting.move()
  return { node, origin, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
