import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { connect } from '@nats-io/transport-node'
import pg from 'pg'
import { keepPorts } from '#deploy/local/kept-ports.ts'
import { startKubo } from '#deploy/local/kubo.ts'
import { expectOk } from '#deploy/local/loopback-http.ts'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { ChildSpec, SupervisedChild } from '#deploy/local/supervised-child.ts'
import { createSupervisor, type Supervisor } from '#deploy/local/supervisor.ts'
import { prepareBackends } from '#deploy/prepare-backends.ts'
import { projectRoot, serviceArguments } from '#deploy/service-command.ts'
import { removeStreams } from '#libs/bus/testing/test-bus.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { createLogger, type Logger } from '#libs/telemetry/index.ts'
import { createClient } from './client.ts'
import type { TestServers } from './global-setup.ts'
import { startOwnNats } from './own-nats.ts'

const testLog = createLogger('test', process.env['TEST_LOG_LEVEL'] ?? 'warn')

/** The services of Pickup, in the order in which `startPipeline` starts them. */
export const serviceNames = ['status', 'indexer-bridge', 'validator', 'fetcher', 'gateway'] as const
export type ServiceName = (typeof serviceNames)[number]

export type PipelineOptions = {
  /** Settings of all services, by their names in the environment. */
  settings?: Record<string, string>
  /** Which services to start at once; others by `startService`. */
  services?: readonly ServiceName[]
  ackWaitMs?: number
  /** A nats-server that only this pipeline uses, so that the test may do with it what it likes. */
  ownNats?: boolean
  maxDeliver?: number
  /** Servers of the caller's own, instead of those that all tests share. */
  servers?: TestServers
  /** Of the streams; 3 on a cluster. */
  replicas?: number
  /** More to set in the configuration of the fetcher's IPFS node. */
  kuboConfig?: { [section: string]: unknown }
  log?: Logger
}

/** A complete Pickup of its own on the shared servers. Disposing stops it; database and buckets stay until the servers go. */
export type Pipeline = Awaited<ReturnType<typeof startPipeline>>

/** Settings that make waits short enough for tests. What is tested must not depend on them being long. */
const quickSettings = {
  ALLOW_PRIVATE_ORIGINS: 'true',
  LOCATE_FIRST_TIMEOUT_MS: '500',
  LOCATE_TIMEOUT_MS: '2000',
  CONNECT_TIMEOUT_MS: '3000',
  FETCH_CHUNK_TIMEOUT_MS: '3000',
  HEARTBEAT_MS: '500',
  LEASE_MS: '3000',
  RETRY_MIN_MS: '50',
  RETRY_MAX_MS: '200',
  EVENT_RETRY_MIN_MS: '50',
  EVENT_RETRY_MAX_MS: '500',
  FAILURE_LIMIT: '3',
  OUTAGE_LIMIT: '3',
  PROGRESS_INTERVAL_MS: '50',
  LOG_LEVEL: 'debug',
}

export async function startPipeline(options: PipelineOptions = {}) {
  const { settings = {}, services = serviceNames, ackWaitMs = 2_000, log = testLog } = options
  const { maxDeliver = 10_000, replicas = 1 } = options
  const given: TestServers = options.servers ?? JSON.parse(process.env['PICKUP_TEST_SERVERS'] ?? 'null')
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pickup-e2e-'))
  starting.defer(() => rm(folder, { recursive: true }))
  const ownNats = options.ownNats ? starting.use(await startOwnNats(folder, given.binaries.nats)) : undefined
  const servers = ownNats ? { ...given, nats: ownNats.nats } : given
  const prefix = `t${randomBytes(4).toString('hex')}`
  const admin = await connect({
    servers: servers.nats.natsUrl.split(','),
    user: servers.nats.users.admin.user,
    pass: servers.nats.users.admin.password,
    maxReconnectAttempts: -1,
  })
  starting.defer(() => admin.close())
  starting.defer(() => removeStreams(admin, prefix))
  const supervisor = starting.use(createSupervisor(log))
  const natsSettings = (user: keyof typeof servers.nats.users) => ({
    NATS_URL: servers.nats.natsUrl,
    NATS_USER: servers.nats.users[user].user,
    NATS_PASSWORD: servers.nats.users[user].password,
    NATS_PREFIX: prefix,
  })

  const [databaseUrl, buckets, queueUrl, kubo] = await Promise.all([
    createDatabase(servers, prefix),
    createBuckets(servers, prefix),
    createQueue(servers, prefix),
    startNode(supervisor, servers, folder, 'kubo', { extraConfig: options.kuboConfig ?? {} }),
  ])
  const streams = { replicas, ackWaitMs, maxDeliver }
  const prepare = () => prepareBackends({ databaseUrl, bus: natsSettings('provisioner'), streams }, log)
  await prepare()

  const database = new pg.Pool({ connectionString: databaseUrl, max: 2 })
  database.on('error', err => log.debug({ err }, 'an idle connection broke'))
  starting.defer(() => database.end())
  const { endpoint, region, accessKeyId, secretAccessKey } = servers.s3
  const credentials = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  Object.assign(process.env, credentials)
  const storage = starting.use(connectStorage({ endpoint, region, forcePathStyle: true, log }))
  const ports = await keepPorts(join(folder, 'ports.json'), [...serviceNames, 'gateway-health'])

  const environment = {
    ...quickSettings,
    DATABASE_URL: databaseUrl,
    KUBO_API_URL: kubo.apiUrl,
    KUBO_GATEWAY_URL: kubo.gatewayUrl,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_SQS: servers.sqs.endpoint,
    AWS_REGION: region,
    ...credentials,
    S3_FORCE_PATH_STYLE: 'true',
    STAGING_BUCKET: buckets.staging,
    CAR_BUCKET: buckets.cars,
    INDEXER_QUEUE_URL: queueUrl,
    CLUSTER_BASIC_AUTH_TOKEN: Buffer.from('user:secret').toString('base64'),
    ...settings,
  }
  const logs: { service: string; line: string }[] = []

  type ServiceOptions = { settings?: Record<string, string>; port?: number }

  /** How a process of a service is started: as an operator would. */
  function serviceSpec(name: ServiceName, more: ServiceOptions = {}): ChildSpec {
    const port = more.port ?? ports[name]
    return {
      name,
      command: process.execPath,
      args: serviceArguments(name),
      cwd: projectRoot,
      env: {
        PATH: process.env['PATH'],
        ...environment,
        ...natsSettings(name),
        OTEL_SERVICE_NAME: name,
        ...(name === 'gateway'
          ? { PORT: String(port), HEALTH_PORT: String(more.port ? 0 : ports['gateway-health']) }
          : { HEALTH_PORT: String(port) }),
        ...more.settings,
      },
      onLine: line => logs.push({ service: name, line }),
      probe: () => expectOk(`http://127.0.0.1:${port}/health/ready`),
    }
  }

  /** Starts one more process of a service; several of one kind share the work. */
  const startService = (name: ServiceName, more?: ServiceOptions): Promise<SupervisedChild> =>
    supervisor.start(serviceSpec(name, more))
  const children = Object.fromEntries(
    await Promise.all(services.map(async name => [name, await startService(name)] as const)),
  ) as Record<ServiceName, SupervisedChild>

  const gatewayUrl = `http://127.0.0.1:${ports.gateway}`
  const resources = starting.move()
  return {
    prefix,
    servers,
    ownNats,
    /** Makes the streams and consumers, as an operator does. */
    prepare,
    supervisor,
    folder,
    buckets,
    queueUrl,
    kubo,
    database,
    admin,
    storage,
    children,
    serviceSpec,
    startService,
    natsSettings,
    gatewayUrl,
    client: createClient({ url: gatewayUrl, auth: 'user:secret' }),
    logs,
    /** A further IPFS node, such as one that provides content. */
    startNode: (name: string, extra?: { offline?: boolean; mfsPinPollInterval?: string }) =>
      startNode(supervisor, servers, folder, name, extra),
    /** Waits for a line of a service's log. Each attempt sees the lines from the start of the pipeline on. */
    logged: (service: ServiceName, pattern: RegExp) =>
      pollUntil(
        async () => {
          const found = logs.find(entry => entry.service === service && pattern.test(entry.line))
          if (!found) throw new Error(`no line of ${service} matches ${pattern}`)
          return found.line
        },
        { what: `log line ${pattern}`, timeoutMs: 20_000 },
      ),
    async [Symbol.asyncDispose]() {
      await resources.disposeAsync()
      if (process.env['TEST_SHOW_LOGS'])
        for (const { service, line } of logs) process.stderr.write(`${service} ${line}\n`)
    },
  }
}

async function startNode(
  supervisor: Supervisor,
  servers: TestServers,
  folder: string,
  name: string,
  extra = {},
) {
  const dataDir = join(folder, name)
  await mkdir(dataDir, { recursive: true })
  return startKubo(supervisor, { dataDir, name, binary: servers.binaries.kubo, isolated: true, ...extra })
}

async function createDatabase(servers: TestServers, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: servers.databaseUrl })
  await client.connect()
  await client.query(`create database ${client.escapeIdentifier(name)}`)
  await client.end()
  const url = new URL(servers.databaseUrl)
  url.pathname = `/${name}`
  return url.href
}

async function createBuckets({ s3 }: TestServers, prefix: string) {
  const { endpoint, region, accessKeyId, secretAccessKey } = s3
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  })
  const buckets = { staging: `${prefix}-staging`, cars: `${prefix}-cars` }
  for (const Bucket of Object.values(buckets)) await client.send(new CreateBucketCommand({ Bucket }))
  client.destroy()
  return buckets
}

async function createQueue({ s3, sqs }: TestServers, prefix: string): Promise<string> {
  const { region, accessKeyId, secretAccessKey } = s3
  const client = new SQSClient({
    endpoint: sqs.endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
  })
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: prefix }))
  client.destroy()
  if (!QueueUrl) throw new Error('the queue emulator gave no URL')
  // The emulator names itself by a host that resolves nowhere.
  return new URL(new URL(QueueUrl).pathname, sqs.endpoint).href
}
