import { monitorEventLoopDelay } from 'node:perf_hooks'
import { observeMetrics } from './instruments.ts'
import { metrics } from './metrics.ts'

/** Of the event loop; several who scrape must not take each other's values. */
const windowMs = 10_000
const sampleMs = 20

/** Tells what the process itself uses, until its end. */
export function startProcessMetrics(): void {
  const readDelay = createDelayWindow()
  const { eventLoopMean, eventLoopP99, eventLoopMax, memoryUsage, cpuTime } = metrics
  observeMetrics([eventLoopMean, eventLoopP99, eventLoopMax, memoryUsage, cpuTime], observe => {
    const { meanSeconds, p99Seconds, maxSeconds } = readDelay()
    observe(eventLoopMean, meanSeconds)
    observe(eventLoopP99, p99Seconds)
    observe(eventLoopMax, maxSeconds)
    observe(memoryUsage, process.memoryUsage.rss())
    const { user, system } = process.cpuUsage()
    observe(cpuTime, user / 1e6, { 'cpu.mode': 'user' })
    observe(cpuTime, system / 1e6, { 'cpu.mode': 'system' })
  })
}

/** The delay since the window began; a new one begins with the first look after {@link windowMs}. */
function createDelayWindow() {
  const histogram = monitorEventLoopDelay({ resolution: sampleMs })
  histogram.enable()
  // What is measured is the time between two samples, in nanoseconds.
  const seconds = (nanos: number) => (Number.isFinite(nanos) ? Math.max(0, nanos / 1e9 - sampleMs / 1e3) : 0)
  const look = () => ({
    meanSeconds: seconds(histogram.mean),
    p99Seconds: seconds(histogram.percentile(99)),
    maxSeconds: seconds(histogram.max),
  })
  let began = performance.now()
  let last: ReturnType<typeof look> | undefined
  return () => {
    if (last && performance.now() - began < windowMs) return last
    last = look()
    histogram.reset()
    began = performance.now()
    return last
  }
}
