import { randomUUID } from 'node:crypto'
import { pinRequested } from '#libs/events/index.ts'
import { metrics } from '#libs/telemetry/index.ts'
import type { Database, Queries } from './connect-database.ts'
import { and, eq, sql } from './drizzle.ts'
import { addToOutbox } from './outbox.ts'
import { type ClusterOptions, contents, type PinApi, pins } from './schema.ts'
import { keptUpload, sendToValidator } from './send-to-validator.ts'
import { type Content, startNotBefore, wantContent } from './want-content.ts'

/** A checked request: `cid` is canonical, `sentCid` is what the client wrote. */
export type PinRequest = {
  requestId: string
  account: string
  api: PinApi
  cid: string
  sentCid: string
  name: string
  meta: Record<string, string>
  origins: string[]
  options?: ClusterOptions
  /** Without it the pin never expires. */
  expiresAt?: Date | null
  /** A second request of the account with this key is the first one, repeated. */
  idempotencyKey?: string
}

/** A pin as it is stored, with the content it wants. */
export type AcceptedPin = { pin: typeof pins.$inferSelect; content: Content }

/**
 * Keeps a pin: one transaction writes the pin, the content and, when the content has to be fetched, the
 * `pin.requested` job in the outbox. A content that is being fetched or is pinned is shared as it is; one that was
 * unpinned and is still stored is pinned at once; one that failed or is gone starts a new generation.
 *
 * Repeating the request id of a producer, or an idempotency key, changes nothing and gives the first pin, whose CID may
 * be another. A second `cluster` pin of an account for a CID overwrites the first, as ipfs-cluster does.
 */
export async function acceptPin(db: Database, request: PinRequest): Promise<AcceptedPin> {
  let isNew = false
  const accepted = await db.transaction(async tx => {
    const repeated = await acceptedBefore(tx, request)
    if (repeated) return repeated
    isNew = true
    const content = await wantFetched(tx, request.cid)
    return { pin: await writePin(tx, request, content), content }
  })
  if (isNew) countAccepted(request)
  return accepted
}

/** Called after the commit. */
export const countAccepted = ({ api }: PinRequest): void => metrics.pinsAccepted.add(1, { 'pickup.api': api })

/**
 * Only a client that chooses an id can repeat itself: producers on NATS, and requests with an idempotency key. The
 * repeat may come after the content has failed, and must not start it again. One that comes at the same time waits here
 * until the first is committed: it must not want a content that then gets no pin.
 */
async function acceptedBefore(
  tx: Queries,
  { api, account, requestId, idempotencyKey }: PinRequest,
): Promise<AcceptedPin | undefined> {
  if (api !== 'nats' && !idempotencyKey) return undefined
  const [owner, id] = idempotencyKey ? [account, idempotencyKey] : [api, requestId]
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${owner}), hashtext(${id}))`)
  const [found] = await tx
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(
      idempotencyKey
        ? and(eq(pins.account, account), eq(pins.idempotencyKey, idempotencyKey))
        : eq(pins.requestId, requestId),
    )
  return found
}

/** Puts the job into the outbox when a new generation begins: to fetch the content, or to check a CAR that was kept. */
export async function wantFetched(tx: Queries, cid: string): Promise<Content> {
  const kept = await keptUpload(tx, cid)
  const { content, started } = await wantContent(tx, cid, kept ? 'pinning' : 'queued')
  if (!started) return content
  if (kept) {
    await sendToValidator(tx, content, kept)
    return content
  }
  const { generation } = content
  const id = requestedEventId(content)
  // Without the origins: the fetcher reads those of all pins, and a message has a largest size.
  await addToOutbox(tx, pinRequested, id, { cid, generation }, startNotBefore(content))
  return content
}

/** Names the work on one generation of a content. */
export const requestedEventId = ({ cid, generation }: Pick<Content, 'cid' | 'generation'>): string =>
  `${cid}.${generation}.requested`

/** The transaction has locked the content's row, so what is copied from it cannot change before the commit. */
export function writePin(tx: Queries, request: PinRequest, content: Content): Promise<Pin> {
  const copied = { state: content.state, carBytes: content.state === 'pinned' ? content.carBytes : null }
  return request.api === 'cluster' ? writeClusterPin(tx, request, copied) : insertPin(tx, request, copied)
}

type Pin = AcceptedPin['pin']
type Copied = Pick<Pin, 'state' | 'carBytes'>

async function writeClusterPin(tx: Queries, request: PinRequest, copied: Copied): Promise<Pin> {
  const { name, meta, origins, sentCid, options = null, expiresAt = null } = request
  const [pin] = await tx
    .insert(pins)
    .values({ ...request, ...copied })
    .onConflictDoUpdate({
      target: [pins.account, pins.cid],
      targetWhere: sql`${pins.api} = 'cluster'`,
      set: { name, meta, origins, sentCid, options, expiresAt, ...copied, createdAt: sql`now()` },
    })
    .returning()
  if (!pin) throw new Error(`pin of ${request.cid} was not written`)
  return pin
}

/** A time of creation that another pin of the account has is moved by some milliseconds. */
async function insertPin(tx: Queries, request: PinRequest, copied: Copied): Promise<Pin> {
  for (let collisions = 0; ; collisions++) {
    const laterMs = Math.floor(Math.random() * collisions * 2)
    const createdAt = sql`date_trunc('milliseconds', clock_timestamp()) + ${laterMs} * interval '1 millisecond'`
    const [pin] = await tx
      .insert(pins)
      .values({ ...request, ...copied, createdAt })
      .onConflictDoNothing({ target: [pins.account, pins.createdAt], where: sql`${pins.api} = 'psa'` })
      .returning()
    if (pin) return pin
  }
}

/** A new request id. Version 4, because the time of a request is nobody's business but its owner's. */
export const newRequestId = (): string => randomUUID()
