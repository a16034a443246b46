export { readMetrics } from './exposition.ts'
export { type Metric, observeMetrics } from './instruments.ts'
export { createLogger, type Logger } from './logger.ts'
export { metrics } from './metrics.ts'
export { prometheusLabel, prometheusName } from './prometheus-name.ts'
export { startAtZero } from './start-at-zero.ts'
export {
  currentTraceContext,
  currentTraceId,
  enterSpan,
  SpanKind,
  type TraceContext,
  withSpan,
} from './tracing.ts'
