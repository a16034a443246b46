import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { enterSpan, type Logger, SpanKind } from '#libs/telemetry/index.ts'
import { answerUnparsable } from './answer-unparsable.ts'
import { disconnectStalled } from './disconnect-stalled.ts'
import { type AnswerError, createAnswerError, type ErrorBody } from './error-answer.ts'
import { HttpError } from './http-error.ts'
import { limitPending } from './limit-pending.ts'
import { measureRequests } from './measure-requests.ts'
import { parseBodies } from './parse-bodies.ts'
import { refuseUnrouted } from './refuse-unrouted.ts'
import { jsonLine, writeJson } from './write-json.ts'

type ServerOptions = {
  log: Logger
  errorBody: ErrorBody
  /** Whether an error means that a backend cannot be reached right now. */
  isBackendAway: (error: unknown) => boolean
  maxHeaderBytes: number
  /**
   * For the headers of a request, and again for a body that is read as a whole. A reader who takes nothing of an answer
   * for so long is disconnected. Streams have their own rule, in both directions.
   */
  requestTimeoutMs: number
  /** Requests in progress at once; further ones are answered 503. Without it there may be any number. */
  maxPendingRequests?: number
}

/** Bodies that are read as a whole are small documents. */
const maxBodyBytes = 1024 ** 2

const retryAfterSeconds = '5'

/** A Fastify server with TypeBox schemas. */
export type HttpServer = ReturnType<typeof createServer>

/**
 * A server with one span per request, one error shape, and no log line for a request that went well. Errors that are
 * not the client's fault answer 500, or 503 with `Retry-After` when a backend is away, and never show their text.
 * Routes answer to the methods they name and to no other: HEAD is not made from GET.
 */
export function createServer({
  log,
  errorBody,
  isBackendAway,
  maxHeaderBytes,
  requestTimeoutMs,
  maxPendingRequests = Infinity,
}: ServerOptions) {
  // Some of these replies belong to no route, so they get nothing from the server's own serializer.
  const sendError = (reply: FastifyReply, statusCode: number, message: string) => {
    if (statusCode === 503) reply.header('Retry-After', retryAfterSeconds)
    const body = errorBody(statusCode, message, reply.request.url)
    return reply.serializer(jsonLine).type('application/json').code(statusCode).send(body)
  }
  const server = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: 'idle',
    // Fastify's own answer would not have our shape.
    return503OnClosing: false,
    http: {
      maxHeaderSize: maxHeaderBytes,
      // An upload may take any time as long as it moves, so nothing limits a request as a whole.
      requestTimeout: 0,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, 5_000),
    },
    // The router's own limit of 100 characters is less than a CID by sha2-512 has.
    routerOptions: { maxParamLength: maxHeaderBytes },
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      sendError(reply, 400, error.message)
    },
    clientErrorHandler: (error, socket) => answerUnparsable(error, socket, errorBody),
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(TypeBoxValidatorCompiler)

  measureRequests(server)
  let stopping = false
  server.addHook('preClose', done => {
    stopping = true
    done()
  })
  server.addHook('onRequest', (_request, reply, done) => {
    if (!stopping) return done()
    reply.header('Connection', 'close')
    done(new HttpError(503, 'the server is stopping'))
  })
  // Of requests that were in progress: a client that keeps its connection would keep the server from stopping.
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) reply.header('Connection', 'close')
    done(null, payload)
  })

  limitPending(server, {
    maxPending: maxPendingRequests,
    log,
    refuse(reply) {
      sendError(reply, 503, 'too many requests at once, try again in a few seconds')
    },
  })

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

  const answerError = createAnswerError(isBackendAway)
  server.decorate('answerError', answerError)
  server.setErrorHandler((error, request, reply) => {
    const { statusCode, message } = answerError(error)
    // 501 is an answer that was meant, which any client can ask for as often as it likes.
    if (statusCode >= 500 && statusCode !== 501)
      request.log.error({ err: error, ...describe(request) }, 'request failed')
    sendError(reply, statusCode, message)
  })
  server.addHook('onSend', (_request, reply, payload, done) => {
    const { raw } = reply
    // Most answers are taken by the socket as a whole, in the same turn: they wait for no reader.
    const watch = () => {
      if (raw.writableLength > 0) disconnectStalled(raw, requestTimeoutMs)
    }
    if (typeof payload === 'string') raw.once('prefinish', () => setImmediate(watch))
    done()
  })
  writeJson(server)
  refuseUnrouted(server)
  parseBodies(server, { maxBodyBytes, bodyTimeoutMs: requestTimeoutMs })
  return server
}

const describe = ({ method, url }: FastifyRequest) => ({ method, url })

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route answers without credentials. */
    public?: boolean
  }
  interface FastifyInstance {
    answerError: AnswerError
  }
}
