import {
  AckPolicy,
  type ConsumerConfig,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { type BusNames, busNames, type StreamName } from './names.ts'

/** What an operator can set of the streams and consumers. */
export type StreamSettings = {
  prefix: string
  /** 1 on a single server, 3 on a cluster. */
  replicas: number
  /** How long a message may stay without a sign of work before another worker gets it. */
  ackWaitMs: number
  /** Deliveries after which the server gives a message up: the last guard, far above what outages cause. */
  maxDeliver: number
}

/** What goes into which stream. Dead letters name theirs themselves. */
const streamSubjects = {
  PIN_JOBS: ['pin.requested', 'car.uploaded'],
  PIN_EVENTS: ['pin.started', 'pin.failed', 'pin.cancelled', 'car.valid', 'car.indexed'],
} as const satisfies Partial<Record<StreamName, readonly string[]>>

/** The stream that keeps the events of a subject, both without prefix. */
export function streamOf(subject: string): StreamName {
  for (const stream of ['PIN_JOBS', 'PIN_EVENTS'] as const) {
    const subjects: readonly string[] = streamSubjects[stream]
    if (subjects.includes(subject)) return stream
  }
  throw new Error(`no stream takes ${subject}`)
}

/** The durable consumers: which service reads what, and from which stream. */
export const consumers = {
  fetcher: { stream: 'PIN_JOBS', subjects: ['pin.requested'], longJobs: true },
  validator: { stream: 'PIN_JOBS', subjects: ['car.uploaded'], longJobs: true },
  status: {
    stream: 'PIN_EVENTS',
    subjects: ['pin.started', 'pin.failed', 'car.valid', 'car.indexed'],
    longJobs: false,
  },
  'indexer-bridge': { stream: 'PIN_EVENTS', subjects: ['car.valid'], longJobs: false },
} as const satisfies Record<string, { stream: StreamName; subjects: readonly string[]; longJobs: boolean }>

/** A durable consumer, named like the service that reads it. */
export type ConsumerName = keyof typeof consumers

export const isConsumer = (name: string): name is ConsumerName => Object.hasOwn(consumers, name)

/** One whose messages are jobs: taken from the stream by settling them, under a lease. */
export type JobConsumer = 'fetcher' | 'validator'

/** The durable consumer of the ADVISORIES stream, read by status. */
export const routerName = 'dead-letter-router'

/** The stream of a durable consumer, without prefix. */
export const streamOfConsumer = (name: ConsumerName | typeof routerName): StreamName =>
  name === routerName ? 'ADVISORIES' : consumers[name].stream

const gib = 1024 ** 3
const mib = 1024 ** 2
const days = 24 * 3600 * 1000
const nanos = (ms: number) => ms * 1_000_000
const shortAckWaitMs = 30_000
/** A dead letter is a message of another stream with headers that tell why. */
const maxMessageBytes = 64 * 1024
const maxDeadLetterBytes = 2 * maxMessageBytes

/**
 * Streams of an installation. Job streams refuse new messages when full (the outbox keeps them); the event stream
 * drops its oldest, because Postgres is the truth; dead letters never expire, and there may be any number of them. The
 * advisories are the server's own word that it gave a message up: it says so once, whether anybody listens or not.
 */
export function streamConfigs({
  prefix,
  replicas,
}: StreamSettings): (Partial<StreamConfig> & { name: string })[] {
  const names = busNames(prefix)
  const common = {
    storage: StorageType.File,
    num_replicas: replicas,
    max_msg_size: maxMessageBytes,
    duplicate_window: nanos(10 * 60_000),
  }
  const subjects = (...all: string[]) => all.map(names.subject)
  return [
    {
      ...common,
      name: names.stream('PIN_JOBS'),
      subjects: subjects(...streamSubjects.PIN_JOBS),
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: gib,
    },
    {
      ...common,
      name: names.stream('PIN_EVENTS'),
      subjects: subjects(...streamSubjects.PIN_EVENTS),
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(14 * days),
      max_bytes: 4 * gib,
    },
    {
      ...common,
      name: names.stream('DLQ'),
      subjects: subjects('dlq.>'),
      retention: RetentionPolicy.Limits,
      max_msg_size: maxDeadLetterBytes,
      discard: DiscardPolicy.New,
      max_bytes: -1,
      allow_direct: true,
    },
    {
      storage: StorageType.File,
      num_replicas: replicas,
      name: names.stream('ADVISORIES'),
      subjects: [names.stream('PIN_JOBS'), names.stream('PIN_EVENTS')].map(
        stream => `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream}.*`,
      ),
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(30 * days),
      max_bytes: 64 * mib,
    },
  ]
}

/**
 * Durable consumers. No `backoff`: it replaces `ack_wait` and distorts the delay of a `nak`. For the router there is no limit
 * of deliveries: nobody would route what it gave up.
 */
export function consumerConfigs(
  settings: StreamSettings,
): { stream: string; config: ConsumerConfigWithName }[] {
  const names = busNames(settings.prefix)
  const common = {
    ack_policy: AckPolicy.Explicit,
    // No limit but the stream's: messages that wait for their retry count, too, and must not keep others from being delivered.
    max_ack_pending: -1,
  }
  const shortWait = nanos(Math.min(settings.ackWaitMs, shortAckWaitMs))
  const readers = Object.entries(consumers).map(([durable, { stream, subjects, longJobs }]) => ({
    stream: names.stream(stream),
    config: {
      ...common,
      durable_name: durable,
      ack_wait: longJobs ? nanos(settings.ackWaitMs) : shortWait,
      max_deliver: settings.maxDeliver,
      ...filter(subjects, names),
    },
  }))
  const router = { ...common, durable_name: routerName, ack_wait: shortWait, max_deliver: -1 }
  return [...readers, { stream: names.stream('ADVISORIES'), config: router }]
}

type ConsumerConfigWithName = Partial<ConsumerConfig> & { durable_name: string }

const filter = (subjects: readonly string[], names: BusNames) =>
  subjects.length === 1 && subjects[0]
    ? { filter_subject: names.subject(subjects[0]) }
    : { filter_subjects: subjects.map(names.subject) }
