import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { parseArgs } from 'node:util'

/*
 * Stands in for a trace viewer: takes its address of OTLP and its own page from where the program named first takes
 * them, and answers at its page with all that it was sent.
 */
const [binary = '', ...args] = process.argv.slice(2)
const received: Buffer[] = []

function readAddresses(): { otlp: string | undefined; ui: string | undefined } {
  const { env } = process
  switch (binary) {
    case 'jaeger': {
      const { config } = parseArgs({ args, options: { config: { type: 'string', default: '' } } }).values
      const { receivers, extensions } = JSON.parse(config.replace(/^yaml:/, ''))
      return { otlp: receivers.otlp.protocols.http.endpoint, ui: extensions.jaeger_query.http.endpoint }
    }
    case 'jaeger-all-in-one':
      return { otlp: env['COLLECTOR_OTLP_HTTP_HOST_PORT'], ui: env['QUERY_HTTP_SERVER_HOST_PORT'] }
    default: {
      const string = { type: 'string' } as const
      const options = {
        host: string,
        http: string,
        grpc: string,
        'browser-port': string,
        'open-browser': string,
      }
      const { values } = parseArgs({ args, options })
      return { otlp: `${values.host}:${values.http}`, ui: `${values.host}:${values['browser-port']}` }
    }
  }
}

const listen = (address: string | undefined, server: ReturnType<typeof createServer>) => {
  const { hostname, port } = new URL(`http://${address}`)
  server.listen(Number(port), hostname)
}

const { otlp, ui } = readAddresses()
listen(
  otlp,
  createServer((request, response) => {
    void buffer(request).then(body => {
      const isTaken = request.method === 'POST' && request.url === '/v1/traces'
      if (isTaken) received.push(body)
      response.writeHead(isTaken ? 200 : 404).end()
    })
  }),
)
listen(
  ui,
  createServer((_request, response) => response.end(Buffer.concat(received))),
)
