import { trace } from '@opentelemetry/api'
import { type Logger, pino, stdSerializers } from 'pino'

export type { Logger } from 'pino'

/**
 * JSON lines on stdout, one per handled event. Lines written inside a span carry its `trace_id` and `span_id`
 * under the names of the OpenTelemetry log data model. Secrets are redacted here and nowhere else.
 */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    serializers: { err: stdSerializers.errWithCause },
    redact: { paths: ['*.authorization', '*.password', '*.token'], censor: '[redacted]' },
    mixin: () => {
      const context = trace.getActiveSpan()?.spanContext()
      return context ? { trace_id: context.traceId, span_id: context.spanId } : {}
    },
  })
}
