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

test('with an endpoint, lines inside a span carry its ids, and spans are exported before the process ends', {
  timeout,
}, async () => {
  await using receiver = await startReceiver()
  const lines = await runTraced({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_SERVICE_NAME: 'traced',
  })
  const { outside, inside, continued, fresh, failed } = lines
  assert.equal(outside?.trace_id, undefined)
  assert.equal(failed?.trace_id, undefined)
  assert.match(inside?.trace_id ?? '', /^[0-9a-f]{32}$/)
  assert.match(inside?.span_id ?? '', /^[0-9a-f]{16}$/)
  assert.equal(inside?.context?.traceparent, `00-${inside?.trace_id}-${inside?.span_id}-01`)
  assert.equal(continued?.trace_id, '0af7651916cd43dd8448eb211c80319c')
  assert.notEqual(fresh?.trace_id, inside?.trace_id)

  assert.deepEqual(new Set(receiver.received.map(({ path }) => path)), new Set(['/v1/traces']))
  const exported = Buffer.concat(receiver.received.map(({ body }) => body)).toString('latin1')
  for (const name of ['outer', 'continued', 'fresh', 'failing']) assert.ok(exported.includes(name), name)
})

test('without an endpoint nothing is traced and lines carry no ids', { timeout }, async () => {
  const { inside, continued } = await runTraced({})
  assert.equal(inside?.trace_id, undefined)
  assert.deepEqual(inside?.context, {})
  assert.equal(continued?.trace_id, undefined)
})

test('secrets are redacted and causes are logged', { timeout }, async () => {
  const { outside, failed } = await runTraced({})
  assert.deepEqual(outside?.user, { password: '[redacted]', token: '[redacted]', name: 'ann' })
  assert.equal(failed?.err?.cause?.message, 'the cause')
})
