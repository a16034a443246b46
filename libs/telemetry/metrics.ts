import { counter, gauge, histogram, observedCounter, observedGauge, upDownCounter } from './instruments.ts'

/** From an answer that was ready to a transfer that lasts for hours. */
const longSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400]
/** The advice of the semantic conventions for HTTP servers, and more for uploads. */
const callSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]

const workers = ['fetcher', 'validator'] as const
const all = ['gateway', ...workers, 'status', 'indexer-bridge'] as const

const byApi = { 'pickup.api': ['cluster', 'psa', 'nats'] } as const
const byWorker = { 'messaging.consumer.group.name': workers } as const
const byConsumer = { 'messaging.consumer.group.name': [...workers, 'status', 'indexer-bridge'] } as const
const byReader = {
  'messaging.consumer.group.name': [...byConsumer['messaging.consumer.group.name'], 'dead-letter-router'],
} as const
const byStream = { 'pickup.stream': ['PIN_JOBS', 'PIN_EVENTS', 'DLQ', 'ADVISORIES'] } as const
const byStep = { 'pickup.step': ['fetch', 'validate', 'add'] } as const
const bySlot = { 'pickup.slot': ['job', 'long-look', 'transfer'] } as const
const onNats = {
  'messaging.system': ['nats'],
  'messaging.destination.name': 'the subject, without prefix',
} as const
const failureCode = { 'error.type': 'a failure code of ARCHITECTURE.md' } as const

/**
 * Every metric of every service: docs/metrics.md is made of this table, and alerts and dashboard are held against it. Names
 * and units follow OpenTelemetry, and its semantic conventions where these have the metric. An attribute never names a
 * pin, a content or an account: its values are those listed, or few by their nature.
 */
export const metrics = {
  requestDuration: histogram(
    callSeconds,
    'http.server.request.duration',
    's',
    all,
    'HTTP requests, to the end of the answer; a stream ends when its reader goes',
    {
      'http.request.method': 'the method; `_OTHER` for one that HTTP does not know',
      'http.route': 'with its placeholders; none where nothing is routed',
      'http.response.status_code': 'the status; 499 for a client that went before the head of an answer',
      'url.scheme': ['http'],
    },
  ),
  checkPassed: observedGauge(
    'pickup.check.passed',
    '{check}',
    all,
    'Checks of readiness: 1 passed, 0 failed',
    {
      'pickup.check': ['nats', 'streams', 'postgres', 's3', 'kubo', 'space'],
    },
  ),
  publishDuration: histogram(
    callSeconds,
    'messaging.client.operation.duration',
    's',
    all,
    'Events published, to the word of JetStream that they are stored',
    { ...onNats, 'messaging.operation.name': ['send'], 'error.type': ['not-stored'] },
  ),
  eventDuration: histogram(
    callSeconds,
    'messaging.process.duration',
    's',
    ['status', 'indexer-bridge'],
    'Events handled',
    { ...onNats, 'messaging.operation.name': ['process'], ...byConsumer, ...failureCode },
  ),
  s3Duration: histogram(
    callSeconds,
    'pickup.s3.call.duration',
    's',
    ['gateway', ...workers, 'status'],
    'Attempts to call the store, to the head of an answer with a body; those that were given up by us are none',
    {
      'rpc.method': 'the operation of S3',
      'error.type': 'the status of an answer that is an error, or `no-answer`',
    },
  ),
  pinsAccepted: counter(
    'pickup.pin.accepted',
    '{pin}',
    ['gateway', 'fetcher'],
    'Pins stored for the answer that accepts them; a repeat by its key or request id is none',
    byApi,
  ),
  timeToLocated: histogram(
    longSeconds,
    'pickup.content.time_to_located',
    's',
    ['fetcher'],
    'From the request that queued a content to its root block, in each attempt that found it',
  ),
  timeToPinned: histogram(
    longSeconds,
    'pickup.content.time_to_pinned',
    's',
    ['status'],
    'From the request that queued a content to its proof',
  ),
  contentsFinished: counter(
    'pickup.content.finished',
    '{content}',
    ['status'],
    'Contents that became pinned or failed; an event that comes twice counts once. One may fail and then be pinned in one generation: it counts as both',
    { 'pickup.pin.state': ['pinned', 'failed'], ...failureCode },
  ),
  jobDuration: histogram(
    longSeconds,
    'pickup.job.duration',
    's',
    workers,
    'Attempts at a job, from its delivery to its outcome',
    {
      ...byWorker,
      'pickup.outcome': ['done', 'failed', 'gave-up', 'cancelled', 'postponed', 'handed-back', 'lease-lost'],
    },
  ),
  jobFailures: counter('pickup.job.failures', '{failure}', workers, 'Attempts that failed', {
    ...byWorker,
    ...failureCode,
    'pickup.outcome': ['failed', 'gave-up'],
  }),
  renewalFailures: counter(
    'pickup.lease.renewal.failures',
    '{heartbeat}',
    workers,
    'Heartbeats that could not prolong the leases of the process',
  ),
  leasesLost: counter('pickup.lease.lost', '{lease}', workers, 'Leases lost under a running job'),
  carBytes: counter(
    'pickup.car.io',
    'By',
    ['gateway', ...workers],
    'Bytes of CARs scanned: fetched, read back, or added by a client',
    byStep,
  ),
  carBlocks: counter(
    'pickup.car.blocks',
    '{block}',
    ['gateway', ...workers],
    'Blocks of CARs that were accepted',
    byStep,
  ),
  slotUsage: upDownCounter(
    'pickup.slot.usage',
    '{slot}',
    workers,
    'Slots in use: jobs held; of them, those that may look for their root for the whole time, and those in transfer or waiting for space',
    bySlot,
  ),
  slotLimit: gauge('pickup.slot.limit', '{slot}', workers, 'Slots that there are', bySlot),
  transfersWaiting: upDownCounter(
    'pickup.transfer.waiting',
    '{job}',
    ['fetcher'],
    'Jobs that have found their root and wait for a transfer slot',
  ),
  repoUsage: observedGauge('pickup.kubo.repo.usage', 'By', ['fetcher'], 'Size of the repository of Kubo'),
  repoLimit: observedGauge(
    'pickup.kubo.repo.limit',
    'By',
    ['fetcher'],
    'Its `Datastore.StorageMax`; none without one',
  ),
  repoHighWater: observedGauge(
    'pickup.kubo.repo.high_water',
    'By',
    ['fetcher'],
    '`KUBO_HIGH_WATER_PERCENT` of it: no transfer begins from there on; none without one',
  ),
  pinCount: observedGauge('pickup.pin.count', '{pin}', ['status'], 'Pins, exactly, a minute ago at most', {
    'pickup.pin.state': ['queued', 'pinning', 'pinned', 'failed'],
    ...byApi,
  }),
  oldestQueued: observedGauge(
    'pickup.content.oldest_queued.age',
    's',
    ['status'],
    'How long the content waits that was queued first; 0 when none waits',
  ),
  outboxSize: observedGauge(
    'pickup.outbox.size',
    '{event}',
    ['status'],
    'Events in the outbox, up to 10,000',
  ),
  outboxAge: observedGauge('pickup.outbox.oldest.age', 's', ['status'], 'Age of the oldest; 0 without one'),
  consumerPending: observedGauge(
    'pickup.consumer.pending',
    '{message}',
    ['status'],
    'Messages that were not delivered yet',
    byReader,
  ),
  consumerAckPending: observedGauge(
    'pickup.consumer.ack_pending',
    '{message}',
    ['status'],
    'Messages in work or waiting to be tried again',
    byReader,
  ),
  streamUsage: observedGauge('pickup.stream.usage', 'By', ['status'], 'Size of a stream', byStream),
  streamLimit: observedGauge(
    'pickup.stream.limit',
    'By',
    ['status'],
    'Its `max_bytes`; none without one',
    byStream,
  ),
  deadLetters: observedGauge('pickup.dead_letter.count', '{message}', ['status'], 'Messages in the DLQ'),
  eventLoopMean: observedGauge('nodejs.eventloop.delay.mean', 's', all, 'Delay of the event loop: mean'),
  eventLoopP99: observedGauge('nodejs.eventloop.delay.p99', 's', all, 'The same: 99th percentile'),
  eventLoopMax: observedGauge('nodejs.eventloop.delay.max', 's', all, 'The same: maximum'),
  memoryUsage: observedGauge('process.memory.usage', 'By', all, 'Resident memory of the process'),
  cpuTime: observedCounter('process.cpu.time', 's', all, 'CPU time of the process', {
    'cpu.mode': ['user', 'system'],
  }),
} as const
