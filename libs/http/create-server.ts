import { STATUS_CODES } from 'node:http'
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { enterSpan, type Logger, SpanKind } from '#libs/telemetry/index.ts'
import { answerUnparsable } from './answer-unparsable.ts'

/** A request that cannot be served as it is. `message` goes to the client; it names the field and the rule. */
export class HttpError extends Error {
  override name = 'HttpError'
  readonly statusCode: number
  constructor(statusCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.statusCode = statusCode
  }
}

type ServerOptions = {
  log: Logger
  /** The body of every error, those of the router and the parsers included. */
  errorBody: (statusCode: number, message: string) => object
  /** Whether an error means that a backend cannot be reached right now. */
  isBackendAway: (error: unknown) => boolean
  maxHeaderBytes: number
  requestTimeoutMs: number
}

/** A Fastify server with TypeBox schemas. */
export type HttpServer = ReturnType<typeof createServer>

/**
 * A server with one span per request, one error shape, and no log line for a request that went well. Errors that are
 * not the client's fault answer 500, or 503 with `Retry-After` when a backend is away, and never show their text.
 */
export function createServer({
  log,
  errorBody,
  isBackendAway,
  maxHeaderBytes,
  requestTimeoutMs,
}: ServerOptions) {
  const server = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: maxHeaderBytes },
    // The router's own limit of 100 characters is less than a CID by sha2-512 has.
    routerOptions: { maxParamLength: maxHeaderBytes },
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      reply.code(400).send(errorBody(400, error.message))
    },
    clientErrorHandler: (error, socket) => answerUnparsable(error, socket, errorBody),
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(TypeBoxValidatorCompiler)

  server.addHook('onRequest', (request, reply, done) => {
    const { method, headers } = request
    const route = request.routeOptions.url ?? 'unknown'
    const parent = Object.fromEntries(
      ['traceparent', 'tracestate', 'baggage'].flatMap(name =>
        typeof headers[name] === 'string' ? [[name, headers[name]]] : [],
      ),
    )
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = enterSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes, parent }, done)
    reply.raw.once('close', () => span.setAttribute('http.response.status_code', reply.statusCode).end())
  })

  server.setNotFoundHandler((_request, reply) => {
    reply.code(404).send(errorBody(404, 'not found'))
  })

  server.setErrorHandler((error: FastifyError | HttpError, request, reply) => {
    const statusCode = error.statusCode ?? (isBackendAway(error) ? 503 : 500)
    if (statusCode >= 500) request.log.error({ err: error, ...describe(request) }, 'request failed')
    if (statusCode === 503) reply.header('Retry-After', '5')
    const message =
      statusCode < 500 || error instanceof HttpError ? error.message : (STATUS_CODES[statusCode] ?? 'error')
    reply.code(statusCode).send(errorBody(statusCode, message))
  })
  return server
}

const describe = ({ method, url }: FastifyRequest) => ({ method, url })

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route answers without credentials. */
    public?: boolean
  }
}
