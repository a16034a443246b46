const HOST = '127.0.0.1'
const MAX_TRACES = 10_000

/** Loopback ports that a viewer listens on. */
export type TraceViewerPorts = {
  /** What people open. */
  ui: number
  /** OTLP over HTTP. */
  otlp: number
  /** gRPC, which is not used here. No viewer can be told to do without it. */
  grpc: number
}

/** A program that takes traces by OTLP over HTTP and shows them; it keeps them in memory. */
export type TraceViewer = {
  name: string
  /** File name, as its packages install it. */
  binary: string
  args: (ports: TraceViewerPorts) => string[]
  /** Its settings in the environment. */
  env: (ports: TraceViewerPorts) => Record<string, string>
  /** Where it shows one trace. */
  tracePath: `/${string}{traceId}`
}

/** In the order they are looked for. */
export const TRACE_VIEWERS: readonly TraceViewer[] = [
  {
    name: 'Jaeger 2',
    binary: 'jaeger',
    // As YAML, which JSON is: it needs no file. Without a configuration it has fixed ports, and two do not run side by side.
    args: ports => [`--config=yaml:${JSON.stringify(jaegerConfig(ports))}`],
    env: () => ({}),
    tracePath: '/trace/{traceId}',
  },
  {
    name: 'Jaeger 1',
    binary: 'jaeger-all-in-one',
    args: () => [],
    env: jaeger1Environment,
    tracePath: '/trace/{traceId}',
  },
  {
    name: 'otel-desktop-viewer',
    binary: 'otel-desktop-viewer',
    args: ({ ui, otlp, grpc }) => [
      `--host=${HOST}`,
      `--browser-port=${ui}`,
      `--http=${otlp}`,
      `--grpc=${grpc}`,
      '--open-browser=false',
    ],
    env: () => ({}),
    tracePath: '/traces/{traceId}',
  },
]

/** The all-in-one configuration of `cmd/jaeger`, cut down to what Pickup sends, and without traces of Jaeger itself. */
const jaegerConfig = ({ ui, otlp, grpc }: TraceViewerPorts) => ({
  service: {
    extensions: ['jaeger_storage', 'jaeger_query'],
    pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
    telemetry: { metrics: { level: 'none' } },
  },
  extensions: {
    jaeger_storage: { backends: { memory: { memory: { max_traces: MAX_TRACES } } } },
    jaeger_query: {
      storage: { traces: 'memory' },
      enable_tracing: false,
      http: { endpoint: `${HOST}:${ui}` },
      grpc: { endpoint: `${HOST}:${grpc}` },
    },
  },
  receivers: { otlp: { protocols: { http: { endpoint: `${HOST}:${otlp}` } } } },
  exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
})

/**
 * Each flag of Jaeger 1 is a variable too (`internal/config`), and one that a version does not know does no harm there.
 * The last four are of the agent, which later versions are without; by default all listen beyond loopback.
 */
function jaeger1Environment({ ui, otlp, grpc }: TraceViewerPorts): Record<string, string> {
  const anyPort = `${HOST}:0`
  return {
    MEMORY_MAX_TRACES: String(MAX_TRACES),
    OTEL_TRACES_SAMPLER: 'always_off',
    COLLECTOR_OTLP_ENABLED: 'true',
    COLLECTOR_OTLP_HTTP_HOST_PORT: `${HOST}:${otlp}`,
    COLLECTOR_OTLP_GRPC_HOST_PORT: `${HOST}:${grpc}`,
    QUERY_HTTP_SERVER_HOST_PORT: `${HOST}:${ui}`,
    QUERY_GRPC_SERVER_HOST_PORT: anyPort,
    COLLECTOR_GRPC_SERVER_HOST_PORT: anyPort,
    COLLECTOR_HTTP_SERVER_HOST_PORT: anyPort,
    ADMIN_HTTP_HOST_PORT: anyPort,
    HTTP_SERVER_HOST_PORT: anyPort,
    PROCESSOR_ZIPKIN_COMPACT_SERVER_HOST_PORT: anyPort,
    PROCESSOR_JAEGER_COMPACT_SERVER_HOST_PORT: anyPort,
    PROCESSOR_JAEGER_BINARY_SERVER_HOST_PORT: anyPort,
  }
}
