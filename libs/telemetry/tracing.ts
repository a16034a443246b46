import {
  type Attributes,
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

export { SpanKind } from '@opentelemetry/api'

/** W3C trace context as text: `traceparent`, `tracestate`, `baggage`. Empty when nothing is traced. */
export type TraceContext = Record<string, string>

type SpanOptions = { kind?: SpanKind; attributes?: Attributes; parent?: TraceContext | undefined }

const tracer = trace.getTracer('pickup')

/**
 * Runs `work` in a span. The span ends with the work and records what it throws. With `parent` the span continues
 * that trace instead of the active one; an empty `parent` starts a new trace.
 */
export async function withSpan<T>(
  name: string,
  { kind = SpanKind.INTERNAL, attributes = {}, parent }: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const parentContext = parent ? propagation.extract(ROOT_CONTEXT, parent) : context.active()
  return tracer.startActiveSpan(name, { kind, attributes }, parentContext, async span => {
    try {
      return await work(span)
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error))
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: error instanceof Error ? error.message : String(error),
      })
      throw error
    } finally {
      span.end()
    }
  })
}

/** The active trace context, to be stored or sent with the work that it causes. */
export function currentTraceContext(): TraceContext {
  const carrier: TraceContext = {}
  propagation.inject(context.active(), carrier)
  return carrier
}

/** The id of the active trace; undefined when nothing is traced. */
export function currentTraceId(): string | undefined {
  const active = trace.getSpanContext(context.active())
  return active && isSpanContextValid(active) ? active.traceId : undefined
}

/**
 * Enters a span that ends by hand, for frameworks that call back instead of returning a promise. `enter` runs inside
 * the span and everything that it starts belongs to it; the returned span must be ended by the caller.
 */
export function enterSpan(
  name: string,
  { kind = SpanKind.INTERNAL, attributes = {}, parent = {} }: SpanOptions,
  enter: () => void,
): Span {
  const parentContext = propagation.extract(ROOT_CONTEXT, parent)
  const span = tracer.startSpan(name, { kind, attributes }, parentContext)
  context.with(trace.setSpan(parentContext, span), enter)
  return span
}
