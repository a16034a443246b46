import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const timeout = 30_000
const otel = fileURLToPath(new URL('otel.ts', import.meta.url))
const script = fileURLToPath(new URL('testing/traced-program.ts', import.meta.url))

type Line = {
  msg: string
  trace_id?: string
  span_id?: string
  context?: { traceparent?: string }
  user?: object
  err?: { cause?: { message: string } }
  exposed?: string
}

async function runTraced(env: Record<string, string>): Promise<Record<string, Line>> {
  const program = ['--import', otel, script]
  const { stdout } = await promisify(execFile)(process.execPath, program, { env, timeout })
  const lines = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  return Object.fromEntries(lines.map(line => [line.msg, line]))
}

/** Takes OTLP requests and keeps their paths and bodies. */
async function startReceiver() {
  const received: { path: string | undefined; body: Buffer }[] = []
  const server = createServer((request, response) => {
    void buffer(request).then(body => {
      received.push({ path: request.url, body })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return {
    received,
    endpoint: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

const sentTo = (receiver: { received: { path: string | undefined; body: Buffer }[] }, path: string) =>
  Buffer.concat(receiver.received.flatMap(each => (each.path === path ? [each.body] : []))).toString('latin1')

test('with an endpoint, lines inside a span carry its ids, and all is sent before the process ends', {
  timeout,
}, async () => {
  await using receiver = await startReceiver()
  const lines = await runTraced({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_SERVICE_NAME: 'traced',
  })
  const { outside, inside, continued, fresh, failed, metrics } = lines
  assert.equal(metrics?.exposed, undefined)
  assert.equal(outside?.trace_id, undefined)
  assert.equal(failed?.trace_id, undefined)
  assert.match(inside?.trace_id ?? '', /^[0-9a-f]{32}$/)
  assert.match(inside?.span_id ?? '', /^[0-9a-f]{16}$/)
  assert.equal(inside?.context?.traceparent, `00-${inside?.trace_id}-${inside?.span_id}-01`)
  assert.equal(continued?.trace_id, '0af7651916cd43dd8448eb211c80319c')
  assert.notEqual(fresh?.trace_id, inside?.trace_id)

  for (const name of ['outer', 'continued', 'fresh', 'failing'])
    assert.ok(sentTo(receiver, '/v1/traces').includes(name), name)
  for (const name of ['pickup.pin.accepted', 'process.cpu.time'])
    assert.ok(sentTo(receiver, '/v1/metrics').includes(name), name)
})

test('with an endpoint for traces alone, no metrics are sent', { timeout }, async () => {
  await using receiver = await startReceiver()
  await runTraced({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces` })
  assert.ok(sentTo(receiver, '/v1/traces').includes('outer'))
  assert.equal(sentTo(receiver, '/v1/metrics'), '')
})

test('metrics can be scraped while traces are sent', { timeout }, async () => {
  await using receiver = await startReceiver()
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
  const { metrics } = await runTraced({ ...endpoint, OTEL_METRICS_EXPORTER: 'prometheus' })
  assert.match(metrics?.exposed ?? '', /^pickup_pin_accepted_total\{pickup_api="psa"\} 3$/m)
  assert.ok(sentTo(receiver, '/v1/traces').includes('outer'))
  assert.equal(sentTo(receiver, '/v1/metrics'), '')
})

test('metrics can be scraped without an endpoint', { timeout }, async () => {
  const { metrics, inside } = await runTraced({ OTEL_METRICS_EXPORTER: 'prometheus' })
  assert.match(metrics?.exposed ?? '', /^pickup_pin_accepted_total\{pickup_api="psa"\} 3$/m)
  assert.match(metrics?.exposed ?? '', /^process_cpu_time_seconds_total/m)
  assert.equal(inside?.trace_id, undefined)
})

test('a list of exporters with prometheus in it ends the start with one line', { timeout }, async () => {
  const error = await runTraced({ OTEL_METRICS_EXPORTER: 'prometheus, otlp' }).catch(
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error && 'stdout' in error && 'code' in error)
  assert.equal(error.code, 1)
  const [line = '', ...more] = String(error.stdout).trim().split('\n')
  assert.deepEqual(more, [])
  assert.match(line, /"fatal".*OTEL_METRICS_EXPORTER=prometheus,otlp: prometheus goes with no other exporter/)
})

test('without an endpoint nothing is traced or measured, and lines carry no ids', { timeout }, async () => {
  const { inside, continued, metrics } = await runTraced({ OTEL_METRICS_EXPORTER: '' })
  assert.equal(metrics?.exposed, undefined)
  assert.equal(inside?.trace_id, undefined)
  assert.deepEqual(inside?.context, {})
  assert.equal(continued?.trace_id, undefined)
})

test('secrets are redacted and causes are logged', { timeout }, async () => {
  const { outside, failed } = await runTraced({})
  assert.deepEqual(outside?.user, { password: '[redacted]', token: '[redacted]', name: 'ann' })
  assert.equal(failed?.err?.cause?.message, 'the cause')
})
