import { randomUUID } from 'node:crypto'
import { eq, inArray, sql } from 'drizzle-orm'
import { pinRequested } from '#libs/events/index.ts'
import type { Database, Queries } from './connect-database.ts'
import { addToOutbox } from './outbox.ts'
import { contents, type PinApi, pins } from './schema.ts'

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
}

/** A pin as it is stored, with the content it wants. */
export type AcceptedPin = { pin: typeof pins.$inferSelect; content: typeof contents.$inferSelect }

/**
 * Keeps a pin: one transaction writes the pin, the content and, when the content has to be fetched, the
 * `pin.requested` job in the outbox. A content that is being fetched or is pinned is shared as it is; one that failed
 * or was unpinned starts a new generation.
 *
 * Repeating a request id changes nothing. A second `cluster` pin of an account for a CID overwrites the first, as
 * ipfs-cluster does.
 */
export async function acceptPin(db: Database, request: PinRequest): Promise<AcceptedPin> {
  return db.transaction(async tx => {
    const content = await wantContent(tx, request)
    const pin = request.api === 'cluster' ? await writeClusterPin(tx, request) : await insertPin(tx, request)
    return { pin, content }
  })
}

async function wantContent(tx: Queries, { cid, origins }: PinRequest) {
  const [started] = await tx
    .insert(contents)
    .values({ cid, generation: 1, state: 'queued' })
    .onConflictDoUpdate({
      target: contents.cid,
      set: {
        generation: sql`${contents.generation} + 1`,
        state: 'queued',
        attempts: 0,
        failureCode: null,
        failureMessage: null,
        missingCids: null,
        indexedAt: null,
        queuedAt: sql`now()`,
        changedAt: sql`now()`,
      },
      setWhere: inArray(contents.state, ['failed', 'unpinned']),
    })
    .returning()
  if (started) {
    const { generation } = started
    const id = `${cid}.${generation}.requested`
    await addToOutbox(tx, pinRequested, id, { cid, generation, origins })
    return started
  }
  const [shared] = await tx.select().from(contents).where(eq(contents.cid, cid))
  if (!shared) throw new Error(`content ${cid} vanished while a pin was accepted`)
  return shared
}

async function writeClusterPin(tx: Queries, { name, meta, origins, sentCid, ...request }: PinRequest) {
  const [pin] = await tx
    .insert(pins)
    .values({ ...request, sentCid, name, meta, origins })
    .onConflictDoUpdate({
      target: [pins.account, pins.cid],
      targetWhere: sql`${pins.api} = 'cluster'`,
      set: { name, meta, origins, sentCid, createdAt: sql`now()` },
    })
    .returning()
  if (!pin) throw new Error(`pin of ${request.cid} was not written`)
  return pin
}

async function insertPin(tx: Queries, request: PinRequest) {
  const [pin] = await tx
    .insert(pins)
    .values(request)
    .onConflictDoNothing({ target: pins.requestId })
    .returning()
  if (pin) return pin
  const [existing] = await tx.select().from(pins).where(eq(pins.requestId, request.requestId))
  if (!existing) throw new Error(`pin ${request.requestId} vanished while it was accepted`)
  return existing
}

/** A new request id. Version 4, because the time of a request is nobody's business but its owner's. */
export const newRequestId = (): string => randomUUID()
