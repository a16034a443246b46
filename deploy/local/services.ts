import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import { projectRoot, serviceArguments } from '../service-command.ts'
import { keepAccountToken } from './account-token.ts'
import { keepPorts, requireFreePort } from './kept-ports.ts'
import { expectOk } from './loopback-http.ts'
import { keep, randomSecret } from './private-file.ts'
import type { Stack } from './stack.ts'

const SERVICES = ['gateway', 'fetcher', 'validator', 'status', 'indexer-bridge'] as const
type Service = (typeof SERVICES)[number]

export type RunningServices = {
  gatewayUrl: string
  /** `user:password` of the ipfs-cluster API. */
  clusterBasicAuth: string
  /** Whether origins may have loopback and private addresses. */
  acceptsPrivateOrigins: boolean
  /** The Pinning Service API, as `ipfs pin remote service add` takes it. */
  psa: { endpoint: string; token: string }
}

type ServiceOptions = {
  /** For what is kept: ports, and what clients of the gateway identify themselves with. */
  dataDir: string
  /** Port of the gateway; 0 for any free one. */
  gatewayPort: number
  /** Settings of all services, by their names in the environment; what the environment sets goes before them. */
  settings?: Record<string, string>
  log: Logger
  /** Gets the lines the services print. */
  printLine: (service: string, line: string) => void
}

/** Starts the five services over the stack and resolves when all are ready. The stack's supervisor keeps and stops them. */
export async function startServices(stack: Stack, options: ServiceOptions): Promise<RunningServices> {
  const { dataDir, gatewayPort, settings = {}, log, printLine } = options
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const { clusterBasicAuth } = await keep(join(dataDir, 'secrets.json'), () => ({
    clusterBasicAuth: `pickup:${randomSecret()}`,
  }))
  const ports = await keepPorts(join(dataDir, 'ports.json'), [...SERVICES, 'gateway-health'])
  if (gatewayPort !== 0) ports.gateway = await requireFreePort(gatewayPort)
  const common = commonEnvironment(stack, clusterBasicAuth, settings)
  const start = async (service: Service) => {
    const isGateway = service === 'gateway'
    const { user, password } = stack.nats.users[service]
    await stack.supervisor.start({
      name: service,
      command: process.execPath,
      args: serviceArguments(service),
      cwd: projectRoot,
      env: {
        ...common,
        NATS_USER: user,
        NATS_PASSWORD: password,
        HOST: '127.0.0.1',
        HEALTH_PORT: String(ports[isGateway ? 'gateway-health' : service]),
        ...(isGateway ? { PORT: String(ports.gateway) } : {}),
      },
      stopGraceMs: 30_000,
      onLine: line => printLine(service, line),
      probe: () => expectOk(`http://127.0.0.1:${ports[service]}/health/ready`),
    })
  }
  const { databaseUrl } = stack.postgres
  const token = await keepAccountToken({ databaseUrl, file: join(dataDir, 'token.json'), log })
  await Promise.all(SERVICES.map(start))
  const gatewayUrl = `http://127.0.0.1:${ports.gateway}`
  return {
    gatewayUrl,
    clusterBasicAuth,
    acceptsPrivateOrigins: common['ALLOW_PRIVATE_ORIGINS'] === 'true',
    psa: { endpoint: `${gatewayUrl}/psa`, token },
  }
}

/** The caller's environment carries further settings of the services, but no credentials for other servers of these kinds. */
function commonEnvironment(
  stack: Stack,
  clusterBasicAuth: string,
  settings: Record<string, string>,
): NodeJS.ProcessEnv {
  const { postgres, nats, s3, kubo, sqs } = stack
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|PG|NATS_)/.test(name))
  return {
    // The peers of an isolated node have no other addresses.
    ALLOW_PRIVATE_ORIGINS: String(stack.isolated),
    ...settings,
    ...Object.fromEntries(inherited),
    NATS_URL: nats.natsUrl,
    DATABASE_URL: postgres.databaseUrl,
    KUBO_API_URL: kubo.apiUrl,
    KUBO_GATEWAY_URL: kubo.gatewayUrl,
    AWS_ENDPOINT_URL_S3: s3.s3.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_REGION: s3.s3.region,
    AWS_ACCESS_KEY_ID: s3.s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.s3.secretAccessKey,
    S3_FORCE_PATH_STYLE: 'true',
    STAGING_BUCKET: s3.s3.stagingBucket,
    CAR_BUCKET: s3.s3.carBucket,
    INDEXER_QUEUE_URL: sqs.queueUrl,
    CLUSTER_BASIC_AUTH_TOKEN: Buffer.from(clusterBasicAuth).toString('base64'),
  }
}
