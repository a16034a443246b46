import { type FaultProxy, startFaultProxy } from '#libs/storage/testing/fault-proxy.ts'
import { type ServiceName, serviceNames } from './pipeline.ts'
import { startTamperingProxy, type TamperingProxy } from './tampering-proxy.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { type Bench, startBench } from './two-fetchers.ts'

/** A pipeline whose services reach every backend through a proxy. The test itself reaches them without. */
export type ProxiedBench = Bench & {
  nats: TcpProxy
  postgres: TcpProxy
  s3: FaultProxy
  /** Both ways from the fetcher to its Kubo. */
  kubo: readonly TcpProxy[]
  /** Behind them, before the gateway of that Kubo: where transfers are held. */
  cars: TamperingProxy
}

/** `settings` are those of all services, by their names in the environment. */
export async function startProxiedBench(settings: Record<string, string>): Promise<ProxiedBench> {
  await using starting = new AsyncDisposableStack()
  const bench = starting.use(await startBench({ services: [], settings }))
  const { pipeline } = bench

  /** A proxy, and the URL that leads through it. */
  async function proxied(url: string) {
    const target = new URL(url)
    const proxy = starting.use(await startTcpProxy({ port: Number(target.port) }))
    target.port = String(proxy.port)
    return { proxy, url: target.href.replace(/\/$/, '') }
  }

  const toNats = await proxied(pipeline.servers.nats.natsUrl)
  const toPostgres = await proxied(pipeline.serviceSpec('status').env['DATABASE_URL'] ?? '')
  const s3 = starting.use(await startFaultProxy(pipeline.servers.s3.endpoint))
  const cars = starting.use(await startTamperingProxy(pipeline.kubo.gatewayUrl))
  const [toApi, toCars] = [await proxied(pipeline.kubo.apiUrl), await proxied(cars.url)]
  const throughProxies = {
    NATS_URL: toNats.url,
    DATABASE_URL: toPostgres.url,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
  }
  const own: { [name in ServiceName]?: Record<string, string> } = {
    // It may take a job again and again until it knows that its Kubo is away.
    fetcher: { KUBO_API_URL: toApi.url, KUBO_GATEWAY_URL: toCars.url, OUTAGE_LIMIT: '1000' },
  }
  await Promise.all(
    serviceNames.map(async name => {
      const child = await pipeline.startService(name, { settings: { ...throughProxies, ...own[name] } })
      // Before the proxies go.
      starting.defer(() => child.stop())
    }),
  )
  const resources = starting.move()
  return {
    ...bench,
    nats: toNats.proxy,
    postgres: toPostgres.proxy,
    s3,
    kubo: [toApi.proxy, toCars.proxy],
    cars,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
