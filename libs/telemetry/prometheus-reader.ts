import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  InstrumentType,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics'
import type { Exposition } from './exposition.ts'
import { prometheusUnit } from './prometheus-name.ts'

/** Less than the ten seconds that Prometheus waits by default. */
const timeoutMillis = 5_000

/** Reads when it is asked. What was not told this time is left out: the SDK would repeat the last value of a cumulative gauge. */
class PrometheusReader extends MetricReader {
  constructor() {
    super({
      aggregationTemporalitySelector: type =>
        type === InstrumentType.OBSERVABLE_GAUGE
          ? AggregationTemporality.DELTA
          : AggregationTemporality.CUMULATIVE,
    })
  }
  protected override async onShutdown() {}
  protected override async onForceFlush() {}
}

/**
 * A reader for a meter provider, and what it reads as the text of Prometheus. Its own exporter would listen by itself, on a
 * port of its own, and leaves the units out of the names. Who asks while it reads gets the same: two collections at once
 * would take observed gauges from each other.
 */
export function createPrometheusReader(): { reader: MetricReader; expose: () => Promise<Exposition> } {
  const reader = new PrometheusReader()
  const serializer = new PrometheusSerializer('', false, undefined, true, true)
  async function read(): Promise<Exposition> {
    const { resourceMetrics, errors } = await reader.collect({ timeoutMillis })
    const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map(withUnit),
    }))
    return { text: serializer.serialize({ ...resourceMetrics, scopeMetrics }), errors }
  }
  let reading: Promise<Exposition> | undefined
  const expose = () => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
  return { reader, expose }
}

function withUnit(metric: MetricData): MetricData {
  const unit = prometheusUnit(metric.descriptor.unit)
  const { name } = metric.descriptor
  return { ...metric, descriptor: { ...metric.descriptor, name: unit ? `${name}_${unit}` : name, unit: '' } }
}
