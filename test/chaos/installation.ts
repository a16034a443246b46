import { join } from 'node:path'
import { findServers } from '#deploy/local/find-servers.ts'
import { keepPorts } from '#deploy/local/kept-ports.ts'
import { startNats } from '#deploy/local/nats.ts'
import { startPostgres } from '#deploy/local/postgres.ts'
import { startS3 } from '#deploy/local/s3.ts'
import { startSqs } from '#deploy/local/sqs.ts'
import type { SupervisedChild } from '#deploy/local/supervised-child.ts'
import { createSupervisor } from '#deploy/local/supervisor.ts'
import { createLogger, type Logger } from '#libs/telemetry/index.ts'
import { type Pipeline, type ServiceName, startPipeline } from '../e2e/pipeline.ts'
import { startTcpProxy, type TcpProxy } from '../e2e/tcp-proxy.ts'
import { startNatsCluster } from './nats-cluster.ts'

/** A process that may be killed and frozen. It is started again, on the same port and data, when it dies. */
export type Victim = Pick<SupervisedChild, 'name' | 'pid'>

/** A complete Pickup on servers of its own. What the services say to the servers passes proxies. */
export type Installation = AsyncDisposable & {
  pipeline: Pipeline
  /** The IPFS nodes of the fetchers. */
  nodes: Pipeline['kubo'][]
  /** The peer that has the contents. It is no part of the installation. */
  provider: Pipeline['kubo']
  victims: Victim[]
  natsServers: Victim[]
  /** By the name of the server behind. */
  proxies: ReadonlyMap<string, TcpProxy>
  /** Where the only NATS server keeps its streams; undefined for a cluster. */
  jetstreamDir: string | undefined
}

type Options = {
  folder: string
  cluster: boolean
  /** Settings of all services, by their names in the environment. */
  settings: Record<string, string>
  ackWaitMs: number
  log: Logger
}

/** Deaths and restarts are the faults that are told of anyway. */
const silent = createLogger('chaos', 'silent')

/** Two fetchers, each with a Kubo of its own, and one process of every other service. */
export async function startInstallation(options: Options): Promise<Installation> {
  const { folder, cluster, settings, ackWaitMs, log } = options
  await using starting = new AsyncDisposableStack()
  const binaries = await findServers(log)
  const supervisor = starting.use(createSupervisor(silent))
  const natsFolder = join(folder, 'nats')
  const [postgres, nats, s3, sqs] = await Promise.all([
    startPostgres(supervisor, { dataDir: join(folder, 'postgres') }),
    cluster
      ? startNatsCluster(supervisor, { dataDir: natsFolder, binary: binaries.nats })
      : startOneNats(natsFolder),
    startS3(supervisor, { dataDir: join(folder, 's3'), binary: binaries.versitygw }),
    startSqs(supervisor, { dataDir: join(folder, 'sqs') }),
  ])
  const natsUrl = nats.nodes.map(({ port }) => `nats://127.0.0.1:${port}`).join()
  const pipeline = starting.use(
    await startPipeline({
      servers: {
        binaries,
        databaseUrl: postgres.databaseUrl,
        nats: { natsUrl, users: nats.users },
        s3: s3.s3,
        sqs,
      },
      services: [],
      settings,
      ackWaitMs,
      replicas: cluster ? 3 : 1,
      log: silent,
    }),
  )
  const [provider, secondNode] = await Promise.all([
    pipeline.startNode('provider'),
    pipeline.startNode('kubo-2'),
  ])
  const nodes = [pipeline.kubo, secondNode]

  async function startOneNats(dataDir: string) {
    const one = await startNats(supervisor, { dataDir, binary: binaries.nats, anyPrefix: true })
    return { users: one.users, nodes: [{ child: one.child, port: Number(new URL(one.natsUrl).port) }] }
  }

  const proxies = new Map<string, TcpProxy>()
  /** The same URL by way of a new proxy. */
  async function proxied(name: string, url: string): Promise<string> {
    const target = new URL(url)
    const proxy = starting.use(await startTcpProxy({ port: Number(target.port) }))
    proxies.set(name, proxy)
    target.port = String(proxy.port)
    return target.href.replace(/\/$/, '')
  }

  const own = await Promise.all(
    nats.nodes.map(({ child, port }) => proxied(child.name, `nats://127.0.0.1:${port}`)),
  )
  const databaseUrl = pipeline.serviceSpec('status').env['DATABASE_URL'] ?? ''
  const throughProxies = {
    NATS_URL: own.join(),
    DATABASE_URL: await proxied('postgres', databaseUrl),
    AWS_ENDPOINT_URL_S3: await proxied('s3', s3.s3.endpoint),
  }
  const toNode = async (i: number) => ({
    KUBO_API_URL: await proxied(`kubo-api-${i + 1}`, nodes[i]?.apiUrl ?? ''),
    KUBO_GATEWAY_URL: await proxied(`kubo-gateway-${i + 1}`, nodes[i]?.gatewayUrl ?? ''),
  })
  const processes: [name: ServiceName, more: { settings?: Record<string, string>; port?: number }][] = [
    ['status', {}],
    ['indexer-bridge', {}],
    ['validator', {}],
    ['gateway', {}],
    ['fetcher', { settings: await toNode(0) }],
    ['fetcher', { settings: await toNode(1), ...(await keepPorts(join(folder, 'fetcher.json'), ['port'])) }],
  ]
  const services = await Promise.all(
    processes.map(([name, more]) =>
      pipeline.startService(name, { ...more, settings: { ...throughProxies, ...more.settings } }),
    ),
  )

  const natsServers = nats.nodes.map(({ child }) => child)
  const resources = starting.move()
  return {
    pipeline,
    nodes,
    provider,
    victims: [...services, ...natsServers, postgres.child, s3.child, ...nodes.map(({ child }) => child)],
    natsServers,
    proxies,
    jetstreamDir: cluster ? undefined : join(natsFolder, 'jetstream'),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
