import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { carValid, pinFailed } from '#libs/events/index.ts'
import { type Metric, metrics, prometheusName } from '#libs/telemetry/index.ts'
import { type Sample, valueOf } from '#libs/telemetry/testing/samples.ts'
import { readOperatorQueries } from '../documents/operator-queries.ts'
import { addedByPrometheus, namesInQuery } from '../documents/promql.ts'
import { addBytes, deadCid } from './content.ts'
import { again, madeUpReceipt } from './event-copies.ts'
import { allHandled, eventsHandled, publishByHand } from './messages.ts'
import { type Pipeline, serviceNames, startPipeline } from './pipeline.ts'
import { scrape } from './scrape.ts'
import { startTcpProxy } from './tcp-proxy.ts'

const timeout = 90_000

let pipeline: Pipeline
before(async () => {
  pipeline = await startPipeline({
    settings: { OTEL_METRICS_EXPORTER: 'prometheus', FAILURE_LIMIT: '2', LOCATE_TIMEOUT_MS: '1000' },
  })
})
after(() => pipeline[Symbol.asyncDispose]())

async function pinNew(sizeBytes = 300_000): Promise<string> {
  const cid = await addBytes(pipeline.kubo, randomBytes(sizeBytes))
  await pipeline.client.pin(cid)
  return cid
}

/** Contents that came to this end, as status has counted them. */
const finished = (samples: readonly Sample[], state: string) =>
  valueOf(samples, 'pickup_content_finished_total', { pickup_pin_state: state }) ?? 0

test('a pin is counted once at every step, from the request to its proof', { timeout }, async () => {
  const cid = await pinNew()
  const { receipt, status } = await pipeline.client.settled(cid)
  assert.equal(status, 'pinned')
  await allHandled(pipeline)

  const gateway = await scrape(pipeline, 'gateway')
  assert.equal(valueOf(gateway, 'pickup_pin_accepted_total', { pickup_api: 'cluster' }), 1)
  assert.equal(valueOf(gateway, 'pickup_pin_accepted_total', { pickup_api: 'psa' }), 0)
  const request = { http_request_method: 'POST', http_route: '/pins/:cid', http_response_status_code: '200' }
  assert.equal(valueOf(gateway, 'http_server_request_duration_seconds_count', request), 1)

  for (const [service, step] of [
    ['fetcher', 'fetch'],
    ['validator', 'validate'],
  ] as const) {
    const samples = await scrape(pipeline, service)
    const jobs = { messaging_consumer_group_name: service, pickup_outcome: 'done' }
    assert.equal(valueOf(samples, 'pickup_job_duration_seconds_count', jobs), 1)
    assert.equal(valueOf(samples, 'pickup_car_io_bytes_total', { pickup_step: step }), receipt?.car_bytes)
    assert.equal(valueOf(samples, 'pickup_car_blocks_total', { pickup_step: step }), receipt?.blocks)
    assert.equal(valueOf(samples, 'pickup_slot_usage', { pickup_slot: 'job' }), 0)
    assert.ok((valueOf(samples, 'pickup_slot_limit', { pickup_slot: 'job' }) ?? 0) > 0)
  }
  const fetcher = await scrape(pipeline, 'fetcher')
  assert.equal(valueOf(fetcher, 'pickup_content_time_to_located_seconds_count'), 1)
  assert.equal(valueOf(fetcher, 'pickup_slot_usage', { pickup_slot: 'transfer' }), 0)
  assert.ok((valueOf(fetcher, 'pickup_kubo_repo_limit_bytes') ?? 0) > 0)

  const state = await scrape(pipeline, 'status')
  assert.equal(finished(state, 'pinned'), 1)
  assert.equal(finished(state, 'failed'), 0)
  assert.equal(valueOf(state, 'pickup_content_time_to_pinned_seconds_count'), 1)
})

test('a pin that fails is counted by its code, once, and each of its attempts', { timeout }, async () => {
  const cid = deadCid()
  await pipeline.client.pin(cid)
  assert.equal((await pipeline.client.settled(cid)).status, 'pin_error')
  await allHandled(pipeline)
  const fetcher = await scrape(pipeline, 'fetcher')
  const failures = (outcome: string) =>
    valueOf(fetcher, 'pickup_job_failures_total', { error_type: 'not-found', pickup_outcome: outcome })
  assert.deepEqual([failures('failed'), failures('gave-up')], [1, 1])
  const state = await scrape(pipeline, 'status')
  assert.equal(valueOf(state, 'pickup_content_finished_total', { error_type: 'not-found' }), 1)
  await pollUntil(
    async () => assert.equal(valueOf(await scrape(pipeline, 'status'), 'pickup_dead_letter_count'), 1),
    { what: 'the dead letter', timeoutMs: 20_000 },
  )
})

test('an event that comes again is not counted again', { timeout }, async () => {
  const [pinned, failed] = [await pinNew(), deadCid()]
  await pipeline.client.pin(failed)
  for (const cid of [pinned, failed]) await pipeline.client.settled(cid)
  await allHandled(pipeline)
  const before = await scrape(pipeline, 'status')
  await publishByHand(pipeline, carValid, {
    ...again(`${pinned}.1.valid`),
    data: madeUpReceipt(pipeline, pinned, 1),
  })
  await publishByHand(pipeline, pinFailed, {
    ...again(`${failed}.1.failed`),
    data: { cid: failed, generation: 1, step: 'fetch', code: 'not-found', message: 'again', missingCids: [] },
  })
  await eventsHandled(pipeline)
  const after = await scrape(pipeline, 'status')
  for (const state of ['pinned', 'failed']) assert.equal(finished(after, state), finished(before, state))
  const handled = { messaging_destination_name: 'car.valid', messaging_consumer_group_name: 'status' }
  const count = 'messaging_process_duration_seconds_count'
  assert.equal(valueOf(after, count, handled), (valueOf(before, count, handled) ?? 0) + 1)
})

test('the services show every metric of the table, and no other', { timeout }, async () => {
  const table = Object.values<Metric>(metrics)
  const shown = new Set<string>()
  for (const service of serviceNames) {
    const allowed = table.filter(({ by }) => by.includes(service)).map(prometheusName)
    for (const { name } of await scrape(pipeline, service)) {
      const metric = allowed.find(
        each => name === each || /^_(bucket|sum|count)$/.test(name.replace(each, '')),
      )
      assert.ok(metric, `${service} shows ${name}`)
      shown.add(metric)
    }
  }
  assert.deepEqual(
    table.map(prometheusName).filter(name => !shown.has(name)),
    [],
  )
})

test('alerts and dashboard ask only for what the services show', { timeout }, async () => {
  const samples = (await Promise.all(serviceNames.map(service => scrape(pipeline, service)))).flat()
  const labelsOf = (name: string) =>
    new Set([
      ...addedByPrometheus.labels,
      ...samples.flatMap(each => (each.name === name ? Object.keys(each.labels) : [])),
    ])
  for (const { where, query, legend = '' } of await readOperatorQueries()) {
    const { selectors, labels } = namesInQuery(query)
    assert.ok(selectors.length > 0, where)
    for (const { name, matchers } of selectors) {
      if (name !== addedByPrometheus.metric)
        assert.notEqual(valueOf(samples, name), undefined, `${where}: no service shows ${name}`)
      for (const { label } of matchers)
        assert.ok(labelsOf(name).has(label), `${where}: ${name} has no label ${label}`)
    }
    const inLegend = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
    for (const label of [...labels, ...inLegend])
      assert.ok(
        selectors.some(({ name }) => labelsOf(name).has(label)),
        `${where}: nothing has the label ${label}`,
      )
  }
})

test('a scrape works while Postgres is away, and shows what it can', { timeout }, async () => {
  const { env } = pipeline.serviceSpec('status')
  const url = new URL(env['DATABASE_URL'] ?? '')
  await using proxy = await startTcpProxy({ port: Number(url.port) })
  url.port = String(proxy.port)
  await pipeline.children.status.stop()
  const status = await pipeline.startService('status', { settings: { DATABASE_URL: url.href } })
  const there = await scrape(pipeline, 'status')
  assert.equal(valueOf(there, 'pickup_outbox_size'), 0)
  assert.equal(valueOf(there, 'pickup_check_passed', { pickup_check: 'postgres' }), 1)
  proxy.cut()
  const away = await pollUntil(
    async () => {
      const samples = await scrape(pipeline, 'status')
      assert.equal(valueOf(samples, 'pickup_outbox_size'), undefined)
      return samples
    },
    { what: 'the end of the last answer of Postgres', timeoutMs: 20_000 },
  )
  assert.equal(valueOf(away, 'pickup_check_passed', { pickup_check: 'postgres' }), 0)
  assert.equal(valueOf(away, 'pickup_check_passed', { pickup_check: 'nats' }), 1)
  assert.equal(valueOf(away, 'pickup_consumer_pending', { messaging_consumer_group_name: 'fetcher' }), 0)
  assert.ok((valueOf(away, 'process_memory_usage_bytes') ?? 0) > 0)
  proxy.restore()
  await pollUntil(
    async () => assert.equal(valueOf(await scrape(pipeline, 'status'), 'pickup_outbox_size'), 0),
    { what: 'Postgres in the metrics', timeoutMs: 20_000 },
  )
  await status.stop()
})

test('without the setting nothing is measured, and /metrics says how to have it', { timeout }, async () => {
  const { validator } = pipeline.children
  await validator.stop()
  const silent = await pipeline.startService('validator', { settings: { OTEL_METRICS_EXPORTER: '' } })
  await assert.rejects(scrape(pipeline, 'validator'), /404.*OTEL_METRICS_EXPORTER=prometheus/)
  await silent.stop()
})
