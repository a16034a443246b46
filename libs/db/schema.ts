import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

/** States of a content, in the order of the main path. */
export const contentStates = ['queued', 'pinning', 'pinned', 'failed', 'unpinned'] as const
export type ContentState = (typeof contentStates)[number]

/** The way in through which a pin came. */
export type PinApi = 'cluster' | 'psa' | 'nats'

/** The steps of the work on a content that are done under a lease. */
export type Step = 'fetch' | 'validate'

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
const exactCount = (name: string) => bigint(name, { mode: 'number' })

/**
 * One DAG by canonical CID, fetched once however many pins want it.
 * Created, and given a new generation, by the gateway and the fetcher (`acceptPin`); every later change is made by
 * status and guarded by the generation.
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
    verifiedAt: instant('verified_at'),
    indexedAt: instant('indexed_at'),
    queuedAt: instant('queued_at').notNull().defaultNow(),
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  table => [
    check('contents_state', sql`${table.state} in ('queued', 'pinning', 'pinned', 'failed', 'unpinned')`),
    check('contents_pinned_has_receipt', sql`${table.state} <> 'pinned' or ${table.carCid} is not null`),
  ],
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
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  table => [
    index('pins_cid').on(table.cid),
    // ipfs-cluster overwrites when a CID is pinned again (api/types.go, re-pin rules of cluster.go `pin`).
    uniqueIndex('pins_one_cluster_pin').on(table.account, table.cid).where(sql`${table.api} = 'cluster'`),
  ],
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
    failures: integer('failures').notNull().default(0),
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
