/** Who connects to NATS: the five services, the job that makes streams, a person with all rights, and internal producers. */
export const NATS_USERS = [
  'gateway',
  'fetcher',
  'validator',
  'status',
  'indexer-bridge',
  'provisioner',
  'admin',
  'producer',
] as const

export type NatsUser = (typeof NATS_USERS)[number]

/** Subjects a user may publish and subscribe to. What `deny` names is refused even where `allow` names it too. */
export type NatsPermissions = {
  publish: { allow: string[]; deny?: string[] }
  subscribe: { allow: string[] }
}

/** Durable consumers by stream. They are named like the service that reads them. */
const DURABLES = {
  PIN_JOBS: ['fetcher', 'validator'],
  PIN_EVENTS: ['status', 'indexer-bridge'],
  ADVISORIES: ['dead-letter-router'],
} as const

type ConsumedStream = keyof typeof DURABLES

/**
 * Least rights of a user. `prefix` is the prefix of subjects (`<prefix>.pin.requested`), streams and buckets
 * (`<prefix>_PIN_JOBS`); '' for none; '*' for any, with which tests isolate themselves on one server.
 */
export function natsPermissions(user: NatsUser, prefix = ''): NatsPermissions {
  const subject = (name: string) => (prefix ? `${prefix}.${name}` : name)
  const stream = (name: string) => (prefix === '*' ? '*' : prefix ? `${prefix}_${name}` : name)

  const deadLetters = (name: ConsumedStream, durable: string) => subject(`dlq.${stream(name)}.${durable}.*`)
  /** Pull, settle and look at a durable consumer. Acks have a short form and one with domain and account. */
  const pull = (name: ConsumedStream, durable: string) => [
    `$JS.API.CONSUMER.INFO.${stream(name)}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream(name)}.${durable}`,
    `$JS.ACK.${stream(name)}.${durable}.>`,
    `$JS.ACK.*.*.${stream(name)}.${durable}.>`,
  ]
  /** And give up what it reads. */
  const consume = (name: ConsumedStream, durable: string) => [
    ...pull(name, durable),
    deadLetters(name, durable),
  ]
  /**
   * Copy messages that nobody could settle to the DLQ, and take jobs from their stream. `STREAM.MSG.GET` shows events, too: it
   * cannot be limited to a subject.
   */
  const routeDeadLetters = () => [
    ...pull('ADVISORIES', 'dead-letter-router'),
    ...(['PIN_JOBS', 'PIN_EVENTS'] as const).flatMap(name => [
      deadLetters(name, '*'),
      `$JS.API.STREAM.INFO.${stream(name)}`,
      `$JS.API.CONSUMER.INFO.${stream(name)}.*`,
      `$JS.API.STREAM.MSG.GET.${stream(name)}`,
    ]),
    `$JS.API.STREAM.MSG.DELETE.${stream('PIN_JOBS')}`,
  ]
  /** See how full the streams are and how far their readers have come, without reading a message. */
  const lookAtQueues = () => [
    ...([...Object.keys(DURABLES), 'DLQ'] as const).map(name => `$JS.API.STREAM.INFO.${stream(name)}`),
    ...Object.entries(DURABLES).flatMap(([name, durables]) =>
      durables.map(durable => `$JS.API.CONSUMER.INFO.${stream(name)}.${durable}`),
    ),
  ]
  /** Read dead letters and take them away, for operators. What a replay asks for goes through the outbox, or is a request. */
  const settleDeadLetters = () => ['GET', 'DELETE'].map(what => `$JS.API.STREAM.MSG.${what}.${stream('DLQ')}`)
  /** A short-lived consumer of its own over one subject. */
  const follow = (name: string, filter: string) => [
    `$JS.API.CONSUMER.CREATE.${stream(name)}.*.${filter}`,
    `$JS.API.CONSUMER.INFO.${stream(name)}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream(name)}.*`,
    `$JS.API.CONSUMER.DELETE.${stream(name)}.*`,
  ]
  /** A name cannot be matched in part: whoever may have a consumer of its own is kept off the services' consumers. */
  const othersDurables = (own: string) =>
    [...new Set(Object.values(DURABLES).flat())]
      .filter(durable => durable !== own)
      .flatMap(durable => [
        `$JS.API.CONSUMER.*.${stream('PIN_EVENTS')}.${durable}`,
        `$JS.API.CONSUMER.CREATE.${stream('PIN_EVENTS')}.${durable}.>`,
        `$JS.API.CONSUMER.MSG.NEXT.${stream('PIN_EVENTS')}.${durable}`,
      ])
  const bucket = stream('LIVE')
  const bucketStream = prefix === '*' ? '*' : `KV_${bucket}`
  const openBucket = [`$JS.API.STREAM.INFO.${bucketStream}`, `$JS.API.DIRECT.GET.${bucketStream}.>`]
  const watchBucket = [
    `$JS.API.CONSUMER.CREATE.${bucketStream}.*.$KV.${bucket}.>`,
    `$JS.API.CONSUMER.INFO.${bucketStream}.*`,
    `$JS.API.CONSUMER.DELETE.${bucketStream}.*`,
    `$JS.FC.${bucketStream}.>`,
  ]
  const worker = (durable: 'fetcher' | 'validator') => [
    ...consume('PIN_JOBS', durable),
    ...follow('PIN_EVENTS', subject('pin.cancelled')),
    ...openBucket,
    `$KV.${bucket}.job.*`,
    subject('pin.started'),
    subject('pin.failed'),
  ]
  /** What any row of the outbox may hold: whoever runs a relay publishes the rows of the others, too. */
  const outbox = [subject('pin.requested'), subject('pin.cancelled'), subject('car.uploaded')]

  const inbox = { allow: [`_INBOX_${user}.>`] }
  const withApi = (...allow: string[]) => ({ allow: ['$JS.API.INFO', ...allow] })
  switch (user) {
    case 'gateway':
      return {
        publish: withApi(...outbox, ...openBucket, ...watchBucket, ...lookAtQueues(), ...settleDeadLetters()),
        subscribe: inbox,
      }
    case 'fetcher':
      return {
        publish: {
          ...withApi(...worker('fetcher'), `$KV.${bucket}.node.*`, subject('car.uploaded'), ...outbox),
          deny: othersDurables('fetcher'),
        },
        subscribe: inbox,
      }
    case 'validator':
      return {
        publish: {
          ...withApi(...worker('validator'), subject('car.valid')),
          deny: othersDurables('validator'),
        },
        subscribe: inbox,
      }
    case 'status':
      return {
        publish: withApi(
          ...outbox,
          ...consume('PIN_EVENTS', 'status'),
          ...routeDeadLetters(),
          // For its metrics.
          ...lookAtQueues(),
          // Told again by the reconciler when the indexer bridge has lost it.
          subject('car.valid'),
        ),
        subscribe: inbox,
      }
    case 'indexer-bridge':
      return {
        publish: withApi(...consume('PIN_EVENTS', 'indexer-bridge'), subject('car.indexed')),
        subscribe: inbox,
      }
    case 'provisioner':
      return {
        publish: withApi(
          '$JS.API.STREAM.CREATE.*',
          '$JS.API.STREAM.UPDATE.*',
          '$JS.API.STREAM.INFO.*',
          '$JS.API.CONSUMER.CREATE.>',
          '$JS.API.CONSUMER.DURABLE.CREATE.>',
          '$JS.API.CONSUMER.INFO.*.*',
        ),
        subscribe: inbox,
      }
    case 'admin':
      return { publish: { allow: ['>'] }, subscribe: { allow: ['>'] } }
    case 'producer':
      return { publish: { allow: [subject('pin.requested')] }, subscribe: inbox }
  }
}
