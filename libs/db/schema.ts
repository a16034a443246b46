import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  sql,
  text,
  timestamp,
  uniqueIndex,
} from './drizzle.ts'

/** States of a content, in the order of the main path. */
export const contentStates = ['queued', 'pinning', 'pinned', 'failed', 'unpinned'] as const
export type ContentState = (typeof contentStates)[number]

/** The way in through which a pin came. */
export type PinApi = 'cluster' | 'psa' | 'nats'

/**
 * What ipfs-cluster clients can say about a pin beside its name, metadata, origins and expiry (its api/types.go,
 * `PinOptions`). Kept to be echoed: none of it changes what is fetched or where it is stored.
 */
export type ClusterOptions = {
  mode: 'recursive' | 'direct'
  replicationMin: number
  replicationMax: number
  shardSize: number
  /** The pin whose options were taken over. */
  pinUpdate: string | null
}

/** What the audit tells of. */
export type AuditAction =
  | 'dead-letter.replay'
  | 'dead-letter.discard'
  | 'token.create'
  | 'token.revoke'
  | 'account.limit'

/** The steps of the work on a content that are done under a lease. */
export type Step = 'fetch' | 'validate'

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
const exactCount = (name: string) => bigint(name, { mode: 'number' })

/**
 * One DAG by canonical CID, fetched once however many pins want it.
 * Created, given a new generation, and unpinned with its last pin by whoever accepts and removes pins; given a CAR that
 * nobody knew of by `adoptCar`; every other change is made by status and guarded by the generation. Whoever changes a
 * content and its pins in one transaction takes the content first.
 */
export const contents = pgTable(
  'contents',
  {
    cid: text('cid').primaryKey(),
    generation: integer('generation').notNull(),
    state: text('state', { enum: contentStates }).notNull(),
    /** Deliveries to a fetcher in this generation. */
    attempts: integer('attempts').notNull().default(0),
    failureCode: text('failure_code'),
    failureMessage: text('failure_message'),
    missingCids: text('missing_cids').array(),
    /** The receipt: set together, when the CAR was proven. */
    carCid: text('car_cid'),
    carBucket: text('car_bucket'),
    carKey: text('car_key'),
    carBytes: exactCount('car_bytes'),
    blocks: exactCount('blocks'),
    dagBytes: exactCount('dag_bytes'),
    /** Null also for a CAR whose proof did not count it. */
    rawBytes: exactCount('raw_bytes'),
    verifiedAt: instant('verified_at'),
    indexedAt: instant('indexed_at'),
    /** When the indexer bridge was done with the CAR, whether or not it has an indexer to tell. */
    bridgedAt: instant('bridged_at'),
    /** When the CAR of an unpinned content was last going to be deleted: from then on it may be gone. */
    carDeletionAt: instant('car_deletion_at'),
    /** Of the request that began the generation: its trace goes through every service. Null when nothing was traced. */
    traceId: text('trace_id'),
    queuedAt: instant('queued_at').notNull().defaultNow(),
    /** Of the state; also when the message that the content waits for was sent again. */
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  table => [
    check('contents_state', sql`${table.state} in ('queued', 'pinning', 'pinned', 'failed', 'unpinned')`),
    check('contents_pinned_has_receipt', sql`${table.state} <> 'pinned' or ${table.carCid} is not null`),
    index('contents_queued').on(table.queuedAt).where(sql`${table.state} = 'queued'`),
    index('contents_running')
      .on(table.state, table.changedAt)
      .where(sql`${table.state} in ('queued', 'pinning')`),
    // What was finished when, for who looks at the pace of the last hour.
    index('contents_finished').on(table.changedAt).where(sql`${table.state} in ('pinned', 'failed')`),
    index('contents_not_bridged')
      .on(table.changedAt)
      .where(sql`${table.state} = 'pinned' and ${table.bridgedAt} is null`),
    // In the order in which a store lists its keys.
    index('contents_car_key').on(sql`${table.carKey} collate "C"`).where(sql`${table.carKey} is not null`),
    index('contents_unpinned_cars')
      .on(table.changedAt)
      .where(sql`${table.state} = 'unpinned' and ${table.carKey} is not null`),
  ],
)

/** Rights of a token. `write` and `admin` include `read`. */
export const tokenScopes = ['read', 'write', 'admin'] as const
export type TokenScope = (typeof tokenScopes)[number]

/** Who may use the Pinning Service API, with what is granted. A limit that is null does not exist. */
export const accounts = pgTable('accounts', {
  id: text('id').primaryKey(),
  maxPendingPins: exactCount('max_pending_pins'),
  maxPinnedBytes: exactCount('max_pinned_bytes'),
  createdAt: instant('created_at').notNull().defaultNow(),
})

/** Bearer tokens of accounts. The token itself is nowhere: only its SHA-256 is stored. */
export const tokens = pgTable(
  'tokens',
  {
    id: text('id').primaryKey(),
    account: text('account')
      .notNull()
      .references(() => accounts.id),
    name: text('name').notNull(),
    /** SHA-256 of the token, in hex. A token has 256 random bits, so a slow hash would protect nothing more. */
    hash: text('hash').notNull().unique(),
    scopes: text('scopes', { enum: tokenScopes }).array().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** To the minute. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  table => [index('tokens_account').on(table.account)],
)

/** One request of one account for one CID. Written by the gateway, and by the fetcher for producers on NATS. */
export const pins = pgTable(
  'pins',
  {
    requestId: text('request_id').primaryKey(),
    account: text('account').notNull(),
    api: text('api').$type<PinApi>().notNull(),
    cid: text('cid')
      .notNull()
      .references(() => contents.cid),
    /** The CID as the client wrote it: answers repeat it. */
    sentCid: text('sent_cid').notNull(),
    name: text('name').notNull().default(''),
    meta: jsonb('meta').$type<Record<string, string>>().notNull().default({}),
    origins: text('origins').array().notNull().default([]),
    options: jsonb('options').$type<ClusterOptions>(),
    /** A copy of the content's, for lists. A trigger on `contents` keeps it. */
    state: text('state', { enum: contentStates }).notNull(),
    /** A copy of the content's while it is pinned, for quotas. The same trigger keeps it. */
    carBytes: exactCount('car_bytes'),
    /** Of the API: the second request with this key is answered like the first. */
    idempotencyKey: text('idempotency_key'),
    createdAt: instant('created_at').notNull().defaultNow(),
    expiresAt: instant('expires_at'),
  },
  table => [
    index('pins_cid').on(table.cid),
    index('pins_expiring').on(table.expiresAt).where(sql`${table.expiresAt} is not null`),
    index('pins_cluster_by_state')
      .on(table.account, table.state, table.cid)
      .where(sql`${table.api} = 'cluster'`),
    // ipfs-cluster overwrites when a CID is pinned again (api/types.go, re-pin rules of cluster.go `pin`).
    uniqueIndex('pins_one_cluster_pin').on(table.account, table.cid).where(sql`${table.api} = 'cluster'`),
    // The cursor of the Pinning Service API is the time of creation: no two pins of an account may share it.
    uniqueIndex('pins_psa_created').on(table.account, table.createdAt).where(sql`${table.api} = 'psa'`),
    index('pins_psa_by_state')
      .on(table.account, table.state, table.createdAt)
      .where(sql`${table.api} = 'psa'`),
    // In any case or in the one given; with all that a count looks at.
    index('pins_psa_by_name')
      .on(table.account, sql`lower(${table.name})`, table.createdAt, table.state, table.name)
      .where(sql`${table.api} = 'psa'`),
    index('pins_psa_name_part')
      .using('gin', sql`lower(${table.name}) gin_trgm_ops`)
      .where(sql`${table.api} = 'psa' and ${table.name} <> ''`),
    index('pins_psa_meta')
      .using('gin', sql`${table.meta} jsonb_path_ops`)
      .where(sql`${table.api} = 'psa' and ${table.meta} <> '{}'`),
    uniqueIndex('pins_idempotency')
      .on(table.account, table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
  ],
)

const countedBy = {
  account: text('account').notNull(),
  api: text('api').$type<PinApi>().notNull(),
  state: text('state', { enum: contentStates }).notNull(),
  /** The hour in which the pins were created. */
  hour: instant('hour').notNull(),
}

/** How many pins there are, and the bytes of their CARs: exact together with what `pin_count_changes` adds. */
export const pinCounts = pgTable(
  'pin_counts',
  {
    ...countedBy,
    pins: exactCount('pins').notNull(),
    carBytes: exactCount('car_bytes').notNull(),
    /** How many changes were folded in: with those that were not yet, it grows whenever a pin of the hour changes. */
    changes: exactCount('changes').notNull().default(0),
  },
  table => [primaryKey({ columns: [table.account, table.api, table.state, table.hour] })],
)

/**
 * What changed since `pin_counts` was last brought up to date. Written by triggers on `pins`, so that no two
 * transactions wait for one counter; folded into `pin_counts` by status.
 */
export const pinCountChanges = pgTable(
  'pin_count_changes',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    ...countedBy,
    pins: exactCount('pins').notNull(),
    carBytes: exactCount('car_bytes').notNull(),
  },
  table => [index('pin_count_changes_account').on(table.account, table.api)],
)

/**
 * The right to work on one step of a content. Written by the fetcher (`fetch`) and the validator (`validate`).
 * Every write carries the epoch of its lease, so that a worker that lost the lease changes nothing.
 */
export const jobs = pgTable(
  'jobs',
  {
    cid: text('cid').notNull(),
    step: text('step').$type<Step>().notNull(),
    generation: integer('generation').notNull(),
    leaseOwner: text('lease_owner').notNull(),
    leaseEpoch: integer('lease_epoch').notNull(),
    leaseUntil: instant('lease_until').notNull(),
    /** Leases given in this generation. */
    attempts: integer('attempts').notNull(),
    /** Attempts that failed for a reason of the content or of its peers. */
    failures: integer('failures').notNull().default(0),
    /** Attempts that failed because a server of the operator's did not answer. */
    outages: integer('outages').notNull().default(0),
    /** Leases that a worker gave back: it stopped, or nobody wanted the job any more. */
    released: integer('released').notNull().default(0),
    lastError: text('last_error'),
    /** What the step produced; once set, the step is never repeated in this generation. */
    result: jsonb('result').$type<unknown>(),
  },
  table => [primaryKey({ columns: [table.cid, table.step] })],
)

/** Events to publish, written in the transaction of the row they belong to; deleted once JetStream has them. */
export const outbox = pgTable(
  'outbox',
  {
    /** Also the id in the event's body and the `Nats-Msg-Id`: a second publish of a row is recognised. */
    id: text('id').primaryKey(),
    subject: text('subject').notNull(),
    body: text('body').notNull(),
    traceContext: jsonb('trace_context').$type<Record<string, string>>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    notBefore: instant('not_before').notNull().defaultNow(),
    claimedBy: text('claimed_by'),
    claimedUntil: instant('claimed_until'),
    failures: integer('failures').notNull().default(0),
  },
  // There is no order to page by: ids and times are given before commit, so a row that commits late would be skipped.
  table => [index('outbox_due').on(table.notBefore)],
)

/** What people did with dead letters and tokens. Written by whoever does it for them, in the same transaction. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    /** The person, by the way in: `cli:alice`. */
    actor: text('actor').notNull(),
    action: text('action').$type<AuditAction>().notNull(),
    /** What it was done to: a dead letter's key, a token's id, an account. */
    subject: text('subject').notNull(),
    outcome: text('outcome').notNull(),
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
  },
  table => [
    index('audit_at').on(table.at),
    index('audit_subject').on(table.subject),
    // A letter is settled once, whoever tries it again.
    uniqueIndex('audit_one_end_of_a_letter')
      .on(table.subject)
      .where(sql`${table.action} in ('dead-letter.replay', 'dead-letter.discard')`),
  ],
)

/** Events whose effect outside Postgres must not be repeated without need. Written by the indexer bridge. */
export const inbox = pgTable(
  'inbox',
  {
    consumer: text('consumer').notNull(),
    eventId: text('event_id').notNull(),
    handledAt: instant('handled_at').notNull().defaultNow(),
  },
  table => [primaryKey({ columns: [table.consumer, table.eventId] })],
)
