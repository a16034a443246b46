import type { ServiceName } from './instruments.ts'
import { metrics } from './metrics.ts'

/** Shows the counters of a service before anything is counted, where their attributes are known. */
export function startAtZero(service: string): void {
  for (const metric of Object.values(metrics)) {
    const by: readonly ServiceName[] = metric.by
    if ('startAtZero' in metric && by.some(each => each === service)) metric.startAtZero()
  }
}
