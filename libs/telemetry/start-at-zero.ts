import type { ServiceName } from './instruments.ts'
import { metrics } from './metrics.ts'

/**
 * Shows the counters of a service before anything is counted, where their attributes are known. `failureCodes` are all that a
 * pin or a job may fail with: the first failures of a process are often many at once.
 */
export function startAtZero(service: string, failureCodes: readonly string[]): void {
  for (const metric of Object.values(metrics)) {
    const by: readonly ServiceName[] = metric.by
    if ('startAtZero' in metric && by.some(each => each === service)) metric.startAtZero()
  }
  if (service === 'status') startContentsFinished(failureCodes)
  const workers = metrics.jobFailures.attributes['messaging.consumer.group.name']
  const worker = workers.find(each => each === service)
  if (worker) startJobFailures(worker, failureCodes)
}

function startContentsFinished(failureCodes: readonly string[]): void {
  metrics.contentsFinished.add(0, { 'pickup.pin.state': 'pinned' })
  for (const code of failureCodes)
    metrics.contentsFinished.add(0, { 'pickup.pin.state': 'failed', 'error.type': code })
}

function startJobFailures(worker: 'fetcher' | 'validator', failureCodes: readonly string[]): void {
  for (const outcome of metrics.jobFailures.attributes['pickup.outcome'])
    for (const code of failureCodes)
      metrics.jobFailures.add(0, {
        'messaging.consumer.group.name': worker,
        'error.type': code,
        'pickup.outcome': outcome,
      })
}
