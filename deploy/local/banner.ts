import { defaultDataDir } from './folders.ts'
import type { RunningServices } from './services.ts'
import type { Stack } from './stack.ts'
import type { RunningTraceViewer } from './trace-viewer.ts'

/** The empty UnixFS directory: every IPFS node has it, so pinning it works without a network too. */
export const EXAMPLE_CID = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

type Running = {
  stack: Stack
  services: RunningServices | undefined
  traces: RunningTraceViewer | undefined
  dataDir: string
}

/** What a person needs to know once everything runs. */
export function formatBanner({ stack, services, traces, dataDir }: Running): string {
  const rows = [
    ...(services ? [['dashboard', `${services.gatewayUrl}/dashboard`]] : []),
    ...(services ? [['ipfs-cluster API', services.gatewayUrl]] : []),
    ...(services ? [['user', services.clusterBasicAuth]] : []),
    ...(services ? [['Pinning Service API', services.psa.endpoint]] : []),
    ...(services ? [['token', services.psa.token]] : []),
    ...(traces ? [['traces', formatTraces(traces)]] : []),
    ['Postgres', stack.postgres.databaseUrl],
    ['NATS', `${stack.nats.natsUrl} (monitoring ${stack.nats.monitoringUrl})`],
    ['S3', `${stack.s3.s3.endpoint} (buckets ${stack.s3.s3.stagingBucket}, ${stack.s3.s3.carBucket})`],
    ['IPFS node', stack.kubo.peerId],
    ['data', dataDir],
  ]
  const example = services && [
    '',
    'Try it:',
    `  npx pickup add ${EXAMPLE_CID} --wait${dataDir === defaultDataDir() ? '' : ` --data ${dataDir}`}`,
    `  curl -u ${services.clusterBasicAuth} -X POST ${services.gatewayUrl}/pins/${EXAMPLE_CID}`,
    `  curl -u ${services.clusterBasicAuth} ${services.gatewayUrl}/pins/${EXAMPLE_CID}`,
    `  ipfs pin remote service add pickup ${services.psa.endpoint} ${services.psa.token}`,
    `  ipfs pin remote add --service=pickup ${EXAMPLE_CID}`,
  ]
  return [
    '',
    services ? 'Pickup is ready.' : 'The servers of Pickup are ready.',
    '',
    ...rows.map(([name = '', value]) => `  ${name.padEnd(20)} ${value}`),
    ...(example ?? []),
    '',
    'Ctrl-C stops it; data and ports stay.',
    '',
  ].join('\n')
}

const formatTraces = ({ name, url, settings }: RunningTraceViewer) =>
  `${url} (${name}; takes OTLP at ${settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT})`
