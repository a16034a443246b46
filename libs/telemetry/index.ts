export { createLogger, type Logger } from './logger.ts'
export { currentTraceContext, enterSpan, SpanKind, type TraceContext, withSpan } from './tracing.ts'
