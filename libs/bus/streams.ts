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
  /** Deliveries after which a job is dead-lettered as `worker-lost`: the guard against jobs that kill their worker. */
  deliveryLimit: number
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

const gib = 1024 ** 3
const days = 24 * 3600 * 1000
const nanos = (ms: number) => ms * 1_000_000
const shortAckWaitMs = 30_000
/** Deliveries past the limit exist only so that a live worker can dead-letter the message. */
const deliveriesForDeadLetter = 3

/**
 * Streams of an installation. Job streams refuse new messages when full (the outbox keeps them); the event stream
 * drops its oldest, because Postgres is the truth; dead letters never expire.
 */
export function streamConfigs({
  prefix,
  replicas,
}: StreamSettings): (Partial<StreamConfig> & { name: string })[] {
  const names = busNames(prefix)
  const common = {
    storage: StorageType.File,
    num_replicas: replicas,
    max_msg_size: 64 * 1024,
    duplicate_window: nanos(10 * 60_000),
  }
  const subjects = (...all: string[]) => all.map(names.subject)
  return [
    {
      ...common,
      name: names.stream('PIN_JOBS'),
      subjects: subjects('pin.requested', 'car.uploaded'),
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: gib,
    },
    {
      ...common,
      name: names.stream('PIN_EVENTS'),
      subjects: subjects('pin.started', 'pin.failed', 'car.valid', 'car.indexed'),
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
      discard: DiscardPolicy.New,
      max_bytes: gib,
      allow_direct: true,
    },
  ]
}

/** Durable consumers. No `backoff`: it replaces `ack_wait` and distorts the delay of a `nak`. */
export function consumerConfigs(
  settings: StreamSettings,
): { stream: string; config: ConsumerConfigWithName }[] {
  const names = busNames(settings.prefix)
  return Object.entries(consumers).map(([durable, { stream, subjects, longJobs }]) => ({
    stream: names.stream(stream),
    config: {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(longJobs ? settings.ackWaitMs : Math.min(settings.ackWaitMs, shortAckWaitMs)),
      max_deliver: settings.deliveryLimit + deliveriesForDeadLetter,
      // Messages that wait for their retry count, too: they must not keep others from being delivered.
      max_ack_pending: 100_000,
      ...filter(subjects, names),
    },
  }))
}

type ConsumerConfigWithName = Partial<ConsumerConfig> & { durable_name: string }

const filter = (subjects: readonly string[], names: BusNames) =>
  subjects.length === 1 && subjects[0]
    ? { filter_subject: names.subject(subjects[0]) }
    : { filter_subjects: subjects.map(names.subject) }
