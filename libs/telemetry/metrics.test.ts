import assert from 'node:assert/strict'
import { test } from 'node:test'
import { observeMetrics } from './instruments.ts'
import { metrics } from './metrics.ts'
import { startProcessMetrics } from './process-metrics.ts'
import { prometheusName } from './prometheus-name.ts'
import { startAtZero } from './start-at-zero.ts'
import { measureProcess } from './testing/measure-process.ts'
import { valueOf } from './testing/samples.ts'

const timeout = 10_000
const process = measureProcess()

test('a metric is shown with its unit, its attributes and nothing else', { timeout }, async () => {
  metrics.carBytes.add(5, { 'pickup.step': 'fetch' })
  metrics.carBytes.add(7, { 'pickup.step': 'fetch' })
  metrics.timeToPinned.record(3)
  const { text } = await process.read()
  assert.match(text, /^# TYPE pickup_car_io_bytes_total counter$/m)
  assert.match(text, /^pickup_car_io_bytes_total\{pickup_step="fetch"\} 12$/m)
  assert.match(text, /^pickup_content_time_to_pinned_seconds_bucket\{le="2.5"\} 0$/m)
  assert.match(text, /^pickup_content_time_to_pinned_seconds_bucket\{le="5"\} 1$/m)
  assert.match(text, /^pickup_content_time_to_pinned_seconds_sum 3$/m)
})

test('names in the table are those that are shown', { timeout }, async () => {
  startAtZero('gateway', [])
  const { samples } = await process.read()
  for (const metric of [metrics.pinsAccepted, metrics.carBytes, metrics.carBlocks])
    assert.ok(valueOf(samples, prometheusName(metric)) !== undefined, metric.name)
  assert.equal(prometheusName(metrics.repoUsage), 'pickup_kubo_repo_usage_bytes')
  assert.equal(prometheusName(metrics.cpuTime), 'process_cpu_time_seconds_total')
})

test('a service shows its counters before the first event, and those of others not', {
  timeout,
}, async () => {
  startAtZero('gateway', ['internal'])
  assert.equal(await process.valueOf('pickup_pin_accepted_total', { pickup_api: 'psa' }), 0)
  assert.equal(await process.valueOf('pickup_lease_lost_total'), undefined)
  assert.equal(await process.valueOf('pickup_job_failures_total'), undefined)
  startAtZero('fetcher', ['internal'])
  assert.equal(await process.valueOf('pickup_lease_lost_total'), 0)
})

test('the first failure is a rise: each code is there before it, with nothing but its own attributes', {
  timeout,
}, async () => {
  const codes = ['internal', 'stalled']
  startAtZero('status', codes)
  startAtZero('validator', codes)
  const { samples } = await process.read()
  const labelsOf = (metric: string, labels: Record<string, string>) =>
    samples
      .filter(({ name }) => name === metric)
      .map(sample => sample.labels)
      .filter(found => Object.entries(labels).every(([label, value]) => found[label] === value))
  assert.deepEqual(labelsOf('pickup_content_finished_total', {}), [
    { pickup_pin_state: 'pinned' },
    { pickup_pin_state: 'failed', error_type: 'internal' },
    { pickup_pin_state: 'failed', error_type: 'stalled' },
  ])
  const jobs = labelsOf('pickup_job_failures_total', { messaging_consumer_group_name: 'validator' })
  assert.deepEqual(
    jobs.map(({ error_type, pickup_outcome }) => `${error_type} ${pickup_outcome}`).toSorted(),
    ['internal failed', 'internal gave-up', 'stalled failed', 'stalled gave-up'],
  )
  assert.equal(valueOf(samples, 'pickup_content_finished_total'), 0)
})

test('what is not told any more is not shown any more', { timeout }, async () => {
  let isThere = true
  const observing = observeMetrics([metrics.outboxSize], observe => {
    if (isThere) observe(metrics.outboxSize, 4)
  })
  assert.equal(await process.valueOf('pickup_outbox_size'), 4)
  isThere = false
  assert.equal(await process.valueOf('pickup_outbox_size'), undefined)
  isThere = true
  assert.equal(await process.valueOf('pickup_outbox_size'), 4)
  observing[Symbol.dispose]()
  assert.equal(await process.valueOf('pickup_outbox_size'), undefined)
})

test('two who scrape at once see the same', { timeout }, async () => {
  const { promise: isAnswered, resolve: answer } = Promise.withResolvers<void>()
  using _observing = observeMetrics([metrics.outboxSize], async observe => {
    await isAnswered
    observe(metrics.outboxSize, 4)
  })
  const both = [process.read(), process.read()]
  await new Promise(setImmediate)
  both.push(process.read())
  answer()
  for (const { samples } of await Promise.all(both)) assert.equal(valueOf(samples, 'pickup_outbox_size'), 4)
  assert.equal(await process.valueOf('pickup_outbox_size'), 4)
})

test('what cannot be read takes nothing else with it, and says why', { timeout }, async () => {
  const away = new Error('Postgres is away')
  using _failing = observeMetrics([metrics.outboxSize], () => Promise.reject(away))
  using _telling = observeMetrics([metrics.deadLetters], async observe => observe(metrics.deadLetters, 2))
  const { samples, errors } = await process.read()
  assert.equal(valueOf(samples, 'pickup_outbox_size'), undefined)
  assert.equal(valueOf(samples, 'pickup_dead_letter_count'), 2)
  assert.deepEqual(errors, [away])
})

test('a process that was busy shows how long its event loop was held up', { timeout }, async () => {
  startProcessMetrics()
  const { promise, resolve } = Promise.withResolvers<void>()
  // The first look begins the window; the loop must turn before and after the work.
  setTimeout(() => {
    const until = performance.now() + 300
    while (performance.now() < until);
    setTimeout(resolve, 50)
  }, 50)
  await promise
  const { samples } = await process.read()
  const max = valueOf(samples, 'nodejs_eventloop_delay_max_seconds') ?? 0
  assert.ok(max > 0.2, `${max} s`)
  assert.ok((valueOf(samples, 'process_cpu_time_seconds_total', { cpu_mode: 'user' }) ?? 0) > 0.2)
  assert.ok((valueOf(samples, 'process_memory_usage_bytes') ?? 0) > 1e6)
  // Whoever looks at the same time sees the same.
  assert.equal(await process.valueOf('nodejs_eventloop_delay_max_seconds'), max)
})

test('every metric has a name and a sentence of its own', { timeout }, () => {
  const table = Object.values(metrics)
  for (const field of ['name', 'description'] as const)
    assert.equal(new Set(table.map(metric => metric[field])).size, table.length, field)
})
