import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { jetstream } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { addBytes, rpc } from './content.ts'
import { type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>
let pipeline: Pipeline
before(async () => {
  receiver = await startOtlpReceiver()
  pipeline = await startPipeline({
    settings: { ...receiver.settings, LOCATE_TIMEOUT_MS: '500', FAILURE_LIMIT: '1000' },
  })
})
after(async () => {
  await pipeline[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

/** Each span with the service and name of itself and of its parent: the shape of the trace, without its ids. */
const edgesOf = (spans: ReceivedSpan[]) =>
  new Set(
    spans.map(({ service, name, parentSpanId }) => {
      const parent = spans.find(({ spanId }) => spanId === parentSpanId)
      return `${parent ? `${parent.service} ${parent.name}` : parentSpanId ? 'outside' : 'root'} → ${service} ${name}`
    }),
  )

const pipelineEdges = (job: string) => [
  `${job} → fetcher process pin.requested`,
  'fetcher process pin.requested → fetcher send pin.started',
  'fetcher send pin.started → status process pin.started',
  'fetcher process pin.requested → fetcher send car.uploaded',
  'fetcher send car.uploaded → validator process car.uploaded',
  'validator process car.uploaded → validator send car.valid',
  'validator send car.valid → status process car.valid',
  'validator send car.valid → indexer-bridge process car.valid',
  'indexer-bridge process car.valid → indexer-bridge send car.indexed',
  'indexer-bridge send car.indexed → status process car.indexed',
]

/** Spans arrive in batches, some time after their work. */
const traceOnceComplete = (traceId: (spans: ReceivedSpan[]) => string | undefined, expected: string[]) =>
  pollUntil(
    async () => {
      const trace = receiver.spans.filter(span => span.traceId === traceId(receiver.spans))
      const missing = expected.filter(edge => !edgesOf(trace).has(edge))
      assert.deepEqual(missing, [], `spans so far: ${[...edgesOf(trace)].join(', ')}`)
      return trace
    },
    { what: 'the complete trace', timeoutMs: 20_000 },
  )

/** Where people are sent to see what was done for a content. */
async function knownTrace(cid: string): Promise<string> {
  const { rows } = await pipeline.database.query('select trace_id from contents where cid = $1', [cid])
  return rows[0].trace_id
}

test('one trace leads from the HTTP request through every service, a redelivery included', {
  timeout: 60_000,
}, async () => {
  const { client, kubo } = pipeline
  const provider = await pipeline.startNode('provider')
  const cid = await addBytes(provider, randomBytes(2000))
  await client.pin(cid)
  await pipeline.logged('fetcher', /job failed, will retry/)
  for (const address of provider.multiaddrs) await rpc(kubo, `swarm/connect?arg=${address}`)
  assert.equal((await client.settled(cid)).status, 'pinned')

  const trace = await traceOnceComplete(
    spans => spans.find(({ name }) => name === 'POST /pins/:cid')?.traceId,
    [
      'root → gateway POST /pins/:cid',
      'gateway POST /pins/:cid → gateway send pin.requested',
      ...pipelineEdges('gateway send pin.requested'),
    ],
  )
  const deliveries = trace.filter(({ name }) => name === 'process pin.requested')
  assert.ok(deliveries.length >= 2, 'each delivery of the job has a span in the trace')
  assert.equal(await knownTrace(cid), trace[0]?.traceId)
})

test('the trace of an internal producer goes on through every service', { timeout: 60_000 }, async () => {
  const { admin, kubo, prefix, client } = pipeline
  const cid = await addBytes(kubo, randomBytes(2000))
  const traceId = randomBytes(16).toString('hex')
  const carrier = headers()
  carrier.set('traceparent', `00-${traceId}-${randomBytes(8).toString('hex')}-01`)
  const body = { v: 1, id: randomUUID(), at: new Date().toISOString(), data: { cid } }
  await jetstream(admin).publish(`${prefix}.pin.requested`, JSON.stringify(body), { headers: carrier })
  const acceptance = 'outside → fetcher process pin.requested'
  const job = 'fetcher process pin.requested → fetcher send pin.requested'
  await traceOnceComplete(() => traceId, [acceptance, job, ...pipelineEdges('fetcher send pin.requested')])
  assert.equal(await knownTrace(cid), traceId)
  assert.equal(
    (await client.status(cid)).status,
    'unpinned',
    'the pin of a producer is not a pin of the HTTP API',
  )
})
