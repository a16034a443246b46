import { Type } from 'typebox'
import type { AcceptedPin, PinRequest } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import type { FindKeyedPins } from './add-pin.ts'
import { describePinningRoute } from './describe-pinning-route.ts'
import { inLanes } from './in-lanes.ts'
import type { PinStatusOf } from './pin-status.ts'
import { readBatch } from './read-batch.ts'
import { idempotencyNote, keyOfAnother, readIdempotencyKey } from './read-idempotency-key.ts'
import type { ReadPin } from './read-pin.ts'
import type { RequireQuota } from './require-quota.ts'

type Deps = {
  readPin: ReadPin
  maxPins: number
  requireQuota: RequireQuota
  acceptPin: (request: PinRequest) => Promise<AcceptedPin>
  findKeyedPins: FindKeyedPins
  newRequestId: () => string
  wakeOutbox: () => void
  statusOf: PinStatusOf
}

/** A thousand pins with metadata and origins. */
const maxBodyBytes = 4 * 1024 ** 2

/**
 * `POST /batch` → 202 and the pins in the order of the request, once all are stored. One that breaks a rule refuses all.
 *
 * Each pin is kept by a transaction of its own: a thousand in one would lock a thousand contents for seconds. What holds
 * the whole together when that is cut short is the key: each pin has one made of it, so that a repeat adds only what is
 * missing.
 */
export function addPostBatch(server: HttpServer, deps: Deps): void {
  const { requireQuota, acceptPin, findKeyedPins, newRequestId, wakeOutbox, statusOf } = deps
  const route = { ...postBatchRoute, bodyLimit: maxBodyBytes }
  server.post('/batch', route, async ({ body, headers, grant }, reply) => {
    const key = readIdempotencyKey(headers['idempotency-key'])
    const batch = await readBatch(body, deps)
    const { account } = grant
    const keyed = batch.map((pin, index) => ({ ...pin, ...(key && { idempotencyKey: keyAt(key, index) }) }))
    const keys = keyed.flatMap(({ idempotencyKey }) => idempotencyKey ?? [])
    const found = keys.length > 0 ? await findKeyedPins({ account, keys }) : []
    const repeated = new Map(found.map(accepted => [accepted.pin.idempotencyKey ?? '', accepted]))
    for (const [index, { cid, idempotencyKey = '' }] of keyed.entries())
      requireSameCid(repeated.get(idempotencyKey), cid, index)

    const missing = batch.length - repeated.size
    if (missing > 0) await requireQuota(grant, { pins: missing })
    try {
      const accepted = await inLanes(keyed, async (pin, index) => {
        const kept =
          repeated.get(pin.idempotencyKey ?? '') ??
          (await acceptPin({ ...pin, requestId: newRequestId(), account, api: 'psa' }))
        requireSameCid(kept, pin.cid, index)
        return kept
      })
      return reply.code(202).send(accepted.map(pin => statusOf(pin)))
    } finally {
      wakeOutbox()
    }
  })
}

/** No key of a client has a space, so none is the same as one of these. */
const keyAt = (key: string, index: number) => `${key} ${index}`

function requireSameCid(kept: AcceptedPin | undefined, cid: string, index: number): void {
  if (kept && kept.pin.cid !== cid) throw keyOfAnother(`pins[${index}]`)
}

const pins = Type.Array(Type.Ref('PsaPin#'), { minItems: 1, maxItems: 1000 })

const postBatchRoute = describePinningRoute({
  summary: 'Pin many CIDs',
  description: `Up to 1000, or what the setting MAX_BATCH_PINS says. All are checked before the first is kept: the error names the pin by its index, and the field. Limits of the account count for the whole batch. An answer of 5xx can come after some were kept: with a key the repeat adds what is missing. ${idempotencyNote}`,
  body: { 'application/json': Type.Union([pins, Type.Object({ pins })]) },
  answers: { 202: json(Type.Array(Type.Ref('PsaPinStatus#')), 'All kept, in the order of the request') },
})
