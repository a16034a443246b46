/**
 * Loaded first in every service by `node --import ./libs/telemetry/otel.ts`. Sends traces and metrics over OTLP when an
 * endpoint is set in the standard `OTEL_*` variables; with `OTEL_METRICS_EXPORTER=prometheus` metrics wait to be scraped
 * instead. Does nothing otherwise: without an endpoint the SDK would send to localhost. Its modules are loaded only then,
 * because they double the start-up time of a service.
 */
// An empty variable counts as not set.
const { env } = process
const endpointOf = (signal: string) =>
  env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] || env['OTEL_EXPORTER_OTLP_ENDPOINT']

env['OTEL_TRACES_EXPORTER'] ||= endpointOf('TRACES') ? 'otlp' : 'none'
env['OTEL_METRICS_EXPORTER'] ||= endpointOf('METRICS') ? 'otlp' : 'none'
// There is no exporter of logs unless the operator names one.
env['OTEL_LOGS_EXPORTER'] ||= 'none'
// Its own remarks are plain text among the JSON lines of the service: only errors are worth that.
env['OTEL_LOG_LEVEL'] ||= 'ERROR'

const isOff = env['OTEL_SDK_DISABLED'] === 'true'
const isScraped = env['OTEL_METRICS_EXPORTER'] === 'prometheus'
const isMetered = isScraped || env['OTEL_METRICS_EXPORTER'] !== 'none'

if (!isOff) await refuseMixedExporters()
if (!isOff && (isMetered || env['OTEL_TRACES_EXPORTER'] !== 'none')) {
  const metricReaders = isScraped ? [await exposeReader()] : undefined
  if (isScraped && env['OTEL_TRACES_EXPORTER'] === 'none') await meterOnly(metricReaders)
  else {
    const { startNodeSdk } = await import('@opentelemetry/sdk-node')
    const sdk = startNodeSdk(metricReaders && { metricReaders })
    // A service ends by letting its event loop run empty, so that this still gets time to flush.
    process.once('beforeExit', () => void sdk.shutdown())
  }
  if (isMetered) (await import('./process-metrics.ts')).startProcessMetrics()
}

/** In a list the SDK would make its own exporter of `prometheus`, with its own port and names that no alert knows. */
async function refuseMixedExporters(): Promise<void> {
  const exporters = (env['OTEL_METRICS_EXPORTER'] ?? '').split(',').map(name => name.trim())
  if (exporters.length === 1 || !exporters.includes('prometheus')) return
  const { createLogger } = await import('./logger.ts')
  const log = createLogger(env['OTEL_SERVICE_NAME'] || 'telemetry', 'info')
  log.fatal(`OTEL_METRICS_EXPORTER=${exporters.join(',')}: prometheus goes with no other exporter`)
  process.exit(1)
}

async function exposeReader() {
  const [{ createPrometheusReader }, { exposeMetrics }] = await Promise.all([
    import('./prometheus-reader.ts'),
    import('./exposition.ts'),
  ])
  const { reader, expose } = createPrometheusReader()
  exposeMetrics(expose)
  return reader
}

/** A third of what the whole SDK takes to load. */
async function meterOnly(readers: Awaited<ReturnType<typeof exposeReader>>[] | undefined): Promise<void> {
  const [{ metrics }, { MeterProvider }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-metrics'),
  ])
  metrics.setGlobalMeterProvider(new MeterProvider(readers && { readers }))
}
