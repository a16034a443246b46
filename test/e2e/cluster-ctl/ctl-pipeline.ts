import { type CheckingProxy, startCheckingProxy } from '../../clients/checking-proxy.ts'
import { type Ctl, createCtl } from '../../clients/cluster-ctl.ts'
import { findClusterCtl } from '../../clients/cluster-programs.ts'
import { type Pipeline, startPipeline } from '../pipeline.ts'

/** A Pickup with the real ipfs-cluster-ctl in front of it; all that passes between them is checked. */
export type CtlPipeline = AsyncDisposable & { pipeline: Pipeline; proxy: CheckingProxy; ctl: Ctl }

export async function startCtlPipeline(options?: Parameters<typeof startPipeline>[0]): Promise<CtlPipeline> {
  const binary = await findClusterCtl()
  await using starting = new AsyncDisposableStack()
  const pipeline = starting.use(await startPipeline(options))
  const proxy = starting.use(await startCheckingProxy(pipeline.gatewayUrl))
  const ctl = createCtl({ binary, port: proxy.port, credentials: 'user:secret' })
  const resources = starting.move()
  return { pipeline, proxy, ctl, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
