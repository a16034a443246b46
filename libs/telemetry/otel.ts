/**
 * Loaded first in every service by `node --import ./libs/telemetry/otel.ts`. Exports traces over OTLP when an
 * OTLP endpoint is set in the standard `OTEL_*` variables, and does nothing otherwise: without an endpoint the SDK
 * would send to localhost. Its modules are loaded only then, because they double the start-up time of a service.
 */
const endpoint =
  process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? process.env['OTEL_EXPORTER_OTLP_ENDPOINT']

if (endpoint && process.env['OTEL_SDK_DISABLED'] !== 'true') {
  // Metrics and logs have no exporter unless the operator names one.
  process.env['OTEL_METRICS_EXPORTER'] ??= 'none'
  process.env['OTEL_LOGS_EXPORTER'] ??= 'none'
  // Its own remarks are plain text among the JSON lines of the service: only errors are worth that.
  process.env['OTEL_LOG_LEVEL'] ??= 'ERROR'
  const { startNodeSdk } = await import('@opentelemetry/sdk-node')
  const sdk = startNodeSdk()
  // A service ends by letting its event loop run empty, so that this still gets time to flush.
  process.once('beforeExit', () => void sdk.shutdown())
}
