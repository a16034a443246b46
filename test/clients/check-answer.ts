import { type DocumentKind, decodeProblems } from './strict-decoder.ts'

/** One exchange as a client saw it. */
export type Exchange = {
  method: string
  /** Path and query as sent. */
  target: string
  status: number
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>
  body: string
  trailers: Record<string, string | undefined>
}

type Route = { method: string; path: RegExp; kind: DocumentKind; stream?: boolean }

/** What the Go client decodes of each call: api/rest/client/methods.go. */
const routes: readonly Route[] = [
  { method: 'GET', path: /^\/version$/, kind: 'version' },
  { method: 'GET', path: /^\/id$/, kind: 'id' },
  { method: 'GET', path: /^\/peers$/, kind: 'id', stream: true },
  { method: 'POST', path: /^\/token$/, kind: 'token' },
  { method: 'GET', path: /^\/monitor\/metrics$/, kind: 'metricNames' },
  { method: 'GET', path: /^\/monitor\/metrics\/[^/]+$/, kind: 'metrics' },
  { method: 'GET', path: /^\/health\/alerts$/, kind: 'alerts' },
  { method: 'GET', path: /^\/health\/bandwidth$/, kind: 'bandwidth' },
  { method: 'GET', path: /^\/health\/graph$/, kind: 'graph' },
  { method: 'GET', path: /^\/allocations$/, kind: 'pin', stream: true },
  { method: 'GET', path: /^\/allocations\/[^/]+$/, kind: 'pin' },
  { method: 'GET', path: /^\/pins$/, kind: 'globalPinInfo', stream: true },
  { method: 'POST', path: /^\/pins\/recover$/, kind: 'globalPinInfo', stream: true },
  { method: 'POST', path: /^\/pins\/[^/]+\/recover$/, kind: 'globalPinInfo' },
  { method: 'GET', path: /^\/pins\/[^/]+$/, kind: 'globalPinInfo' },
  { method: 'POST', path: /^\/pins\/.+$/, kind: 'pin' },
  { method: 'DELETE', path: /^\/pins\/.+$/, kind: 'pin' },
]

/**
 * What the Go client could not read of an answer; empty when it reads all of it. How it treats status, body and trailer:
 * api/rest/client/request.go.
 */
export function answerProblems(exchange: Exchange): string[] {
  const { method, target, status } = exchange
  return [...findProblems(exchange)].map(problem => `${method} ${target} -> ${status}: ${problem}`)
}

function* findProblems(exchange: Exchange): Iterable<string> {
  const { method, status, headers, body } = exchange
  if (method === 'OPTIONS' || (status >= 300 && status < 400)) return
  if (status >= 400) return yield* errorProblems(exchange)
  if (status === 204) {
    if (body !== '') yield 'a 204 with a body'
    return
  }
  if (status !== 200) yield 'the Go client reads the body of no other success than 200'
  if (!headers['content-type']?.includes('application/json')) yield `type ${String(headers['content-type'])}`
  const route = routeOf(exchange)
  if (!route) yield 'no document is known for this route'
  else if (route.stream) yield* streamProblems(route.kind, exchange)
  else yield* documentProblems(route.kind, body)
}

function routeOf({ method, target }: Exchange): Omit<Route, 'path' | 'method'> | undefined {
  const { pathname, searchParams } = new URL(target, 'http://gateway')
  if (method === 'POST' && pathname === '/add')
    return searchParams.get('stream-channels') === 'false'
      ? { kind: 'addedList' }
      : { kind: 'added', stream: true }
  return routes.find(route => route.method === method && route.path.test(pathname))
}

function* streamProblems(kind: DocumentKind, { headers, body, trailers }: Exchange): Iterable<string> {
  if (body !== '' && headers['trailer']?.toString().toLowerCase() !== 'x-stream-error')
    yield 'the trailer is not announced'
  if (trailers['x-stream-error']) yield `the stream ended with: ${trailers['x-stream-error']}`
  if (body !== '' && !body.endsWith('\n')) yield 'the last line of the stream does not end'
  for (const line of body.split('\n').slice(0, -1)) yield* decodeProblems(kind, line)
}

function* documentProblems(kind: DocumentKind, body: string): Iterable<string> {
  if (!body.endsWith('\n')) yield 'the document does not end with a newline'
  yield* decodeProblems(kind, body)
}

/** An empty body is taken for the status; a JSON object without its `code` is taken for a server that is not reached. */
function* errorProblems({ status, body }: Exchange): Iterable<string> {
  if (body === '') return
  const problems = decodeProblems('error', body)
  yield* problems
  if (problems.length > 0) return
  const { code, message } = JSON.parse(body)
  if (code !== status) yield `the code in the error is ${code}`
  if (!message) yield 'the error has no message'
}
