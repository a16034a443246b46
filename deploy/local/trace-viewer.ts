import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { executablesOnPath } from './executable-files.ts'
import { keepPorts } from './kept-ports.ts'
import { expectOk } from './loopback-http.ts'
import { serverEnvironment } from './server-environment.ts'
import { StackError } from './stack-error.ts'
import type { Supervisor } from './supervisor.ts'
import { TRACE_VIEWERS, type TraceViewer } from './trace-viewers.ts'

export type FoundTraceViewer = TraceViewer & { file: string }

export type RunningTraceViewer = {
  name: string
  /** What people open. */
  url: string
  /** Settings of the services, by their names in the environment: traces go there, and the dashboard links to them. */
  settings: Record<(typeof SETTINGS)[number], string>
}

// Not the endpoint of all signals: Jaeger takes no metrics.
const SETTINGS = [
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  'TRACE_URL_TEMPLATE',
] as const

/**
 * The first trace viewer on PATH. Throws {@link StackError} that names what it has looked for, or a setting of the
 * environment that would go before the viewer's.
 */
export async function findTraceViewer(): Promise<FoundTraceViewer> {
  const contrary = SETTINGS.filter(name => process.env[name])
  if (contrary.length > 0)
    throw new StackError(`--traces sets ${contrary.join(', ')}: take it out of the environment`)
  for (const viewer of TRACE_VIEWERS) {
    const [file] = await executablesOnPath(viewer.binary)
    if (file) return { ...viewer, file }
  }
  const wanted = TRACE_VIEWERS.map(({ name, binary }) => (name === binary ? binary : `${binary} (${name})`))
  throw new StackError(`--traces needs a trace viewer, and PATH has none of ${wanted.join(', ')}`)
}

/** Starts it on loopback; it keeps its ports, and forgets its traces when it ends. */
export async function startTraceViewer(
  supervisor: Supervisor,
  { dataDir, viewer }: { dataDir: string; viewer: FoundTraceViewer },
): Promise<RunningTraceViewer> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const ports = await keepPorts(join(dataDir, 'ports.json'), ['ui', 'otlp', 'grpc'])
  const url = `http://127.0.0.1:${ports.ui}`
  const endpoint = `http://127.0.0.1:${ports.otlp}/v1/traces`
  await supervisor.start({
    name: 'traces',
    command: viewer.file,
    args: viewer.args(ports),
    env: serverEnvironment(viewer.env(ports)),
    probe: () => Promise.all([expectOk(url), expectOk(endpoint, noTraces)]),
  })
  return {
    name: viewer.name,
    url,
    settings: {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
      TRACE_URL_TEMPLATE: `${url}${viewer.tracePath}`,
    },
  }
}

/** It may show its pages before it takes traces: so it is given a request without any. */
const noTraces: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"resourceSpans":[]}',
}
