import { readSamples, type Sample } from '#libs/telemetry/testing/samples.ts'
import type { Pipeline, ServiceName } from './pipeline.ts'

/** What a service of the pipeline shows to Prometheus. */
export async function scrape(pipeline: Pipeline, service: ServiceName): Promise<Sample[]> {
  const { HEALTH_PORT } = pipeline.serviceSpec(service).env
  const answer = await fetch(`http://127.0.0.1:${HEALTH_PORT}/metrics`)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`/metrics of ${service} answered ${answer.status}: ${text}`)
  return readSamples(text)
}
