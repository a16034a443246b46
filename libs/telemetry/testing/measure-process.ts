import { metrics } from '@opentelemetry/api'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createPrometheusReader } from '../prometheus-reader.ts'
import { readSamples, valueOf } from './samples.ts'

/** From now on this process measures. Called once, before anything is counted. */
export function measureProcess() {
  const { reader, expose } = createPrometheusReader()
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  const read = async () => {
    const { text, errors } = await expose()
    return { text, errors, samples: readSamples(text) }
  }
  return {
    read,
    /** The sum of what a metric has by these labels; undefined when there is nothing. */
    valueOf: async (name: string, labels?: Record<string, string>) =>
      valueOf((await read()).samples, name, labels),
  }
}
