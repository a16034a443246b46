import { pinRequested } from '#libs/events/index.ts'
import { currentTraceContext, currentTraceId, type TraceContext } from '#libs/telemetry/index.ts'
import {
  type AcceptedPin,
  acceptPin,
  countAccepted,
  type PinRequest,
  requestedEventId,
} from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { isDatabaseAway } from './database-away.ts'
import { groupCalls } from './group-calls.ts'
import type { Content } from './want-content.ts'

/**
 * {@link acceptPin} for a process that gets many requests at once: those of the ipfs-cluster API for contents that
 * nobody asked for before are stored together, in one statement and so in one commit. Such a content has no history and
 * its pin no rival, so nothing has to be decided. Every other request is accepted by itself, also one whose group could
 * not be stored: a bad request fails alone. Each is answered after its own commit.
 */
export function createAcceptPin(db: Database): (request: PinRequest) => Promise<AcceptedPin> {
  const acceptTogether = groupCalls((requests: readonly Traced[]) => acceptNew(db, requests), {
    // Two at a time would halve the groups, and a group costs Postgres much the same whatever its size.
    maxRunning: 1,
    maxItems: 100,
  })
  return async request => {
    if (request.api !== 'cluster' || request.idempotencyKey) return acceptPin(db, request)
    const accepted = await acceptTogether({
      request,
      trace: currentTraceContext(),
      traceId: currentTraceId() ?? null,
    })
    if (!accepted) return acceptPin(db, request)
    countAccepted(request)
    return accepted
  }
}

type Traced = { request: PinRequest; trace: TraceContext; traceId: string | null }

/** For each request the pin, or undefined when nothing was stored for it. */
async function acceptNew(db: Database, requests: readonly Traced[]): Promise<(AcceptedPin | undefined)[]> {
  const first = new Map(requests.toReversed().map(traced => [traced.request.cid, traced]))
  try {
    const { rows } = await db.$client.query<{ cid: string; created_at: Date }>({
      ...insertNew,
      values: [JSON.stringify([...first.values()].map(rowOf))],
    })
    const createdAt = new Map(rows.map(row => [row.cid, row.created_at]))
    return requests.map(traced => {
      const at = first.get(traced.request.cid) === traced ? createdAt.get(traced.request.cid) : undefined
      return at && acceptedAt(traced, at)
    })
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    // One row may be to blame for all: each request meets its own error on the general way.
    return requests.map(() => undefined)
  }
}

/**
 * Contents are taken in the order of their CIDs, so that two groups with the same ones never wait for each other. One
 * that exists, or is just being written by somebody else, is left out with all that belongs to it.
 */
const insertNew = {
  name: 'accept-new',
  text: `
    with request as (
      select * from json_to_recordset($1) as request (
        request_id text, account text, cid text, sent_cid text, name text, meta jsonb, origins text[], options jsonb,
        expires_at timestamptz, event_id text, body text, trace_context jsonb, trace_id text)
    ), content as (
      insert into contents (cid, generation, state, trace_id)
      select cid, 1, 'queued', trace_id from request order by cid
      on conflict (cid) do nothing
      returning cid
    ), job as (
      insert into outbox (id, subject, body, trace_context)
      select event_id, '${pinRequested.subject}', body, trace_context from request join content using (cid)
    )
    insert into pins (request_id, account, api, cid, sent_cid, name, meta, origins, options, expires_at, state)
    select request_id, account, 'cluster', cid, sent_cid, name, meta, origins, options, expires_at, 'queued'
    from request join content using (cid)
    returning cid, created_at`,
}

function rowOf({ request, trace, traceId }: Traced) {
  const { requestId, account, cid, sentCid, name, meta, origins, options = null, expiresAt = null } = request
  const eventId = requestedEventId({ cid, generation: 1 })
  return {
    request_id: requestId,
    account,
    cid,
    sent_cid: sentCid,
    name,
    meta,
    origins,
    options,
    expires_at: expiresAt,
    event_id: eventId,
    body: new TextDecoder().decode(pinRequested.encode(eventId, { cid, generation: 1 })),
    trace_context: trace,
    trace_id: traceId,
  }
}

/** What the statement has stored: all else in the rows is the default of its column. */
function acceptedAt({ request, traceId }: Traced, at: Date): AcceptedPin {
  const { options = null, expiresAt = null } = request
  const content: Content = {
    cid: request.cid,
    generation: 1,
    state: 'queued',
    attempts: 0,
    failureCode: null,
    failureMessage: null,
    missingCids: null,
    carCid: null,
    carBucket: null,
    carKey: null,
    carBytes: null,
    blocks: null,
    dagBytes: null,
    rawBytes: null,
    verifiedAt: null,
    indexedAt: null,
    bridgedAt: null,
    carDeletionAt: null,
    traceId,
    queuedAt: at,
    changedAt: at,
  }
  const pin = {
    ...request,
    options,
    expiresAt,
    state: content.state,
    carBytes: null,
    idempotencyKey: null,
    createdAt: at,
  }
  return { pin, content }
}
