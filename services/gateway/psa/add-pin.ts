import type { AcceptedPin, PinRequest } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, pinBody } from './describe-pinning-route.ts'
import type { PinStatusOf } from './pin-status.ts'
import { idempotencyNote, keyOfAnother, readIdempotencyKey } from './read-idempotency-key.ts'
import type { ReadPin } from './read-pin.ts'
import type { RequireQuota } from './require-quota.ts'

type Deps = {
  readPin: ReadPin
  requireQuota: RequireQuota
  acceptPin: (request: PinRequest) => Promise<AcceptedPin>
  findKeyedPins: FindKeyedPins
  newRequestId: () => string
  wakeOutbox: () => void
  statusOf: PinStatusOf
}

/** The pins of an account that were accepted under some idempotency keys, in no order. */
export type FindKeyedPins = (which: { account: string; keys: readonly string[] }) => Promise<AcceptedPin[]>

/**
 * `POST /pins` → 202 and the pin, once it is stored. A CID that is pinned already gets a second pin, unless the request
 * is a repeat by its `Idempotency-Key`. A repeat needs no quota: what it would count is its own pin.
 */
export function addAddPin(server: HttpServer, deps: Deps): void {
  const { readPin, requireQuota, acceptPin, findKeyedPins, newRequestId, wakeOutbox, statusOf } = deps
  server.post('/pins', addPinRoute, async ({ body, headers, grant }, reply) => {
    const requested = readPin(body)
    const { account } = grant
    const idempotencyKey = readIdempotencyKey(headers['idempotency-key'])
    const [repeated] = idempotencyKey ? await findKeyedPins({ account, keys: [idempotencyKey] }) : []
    if (!repeated) await requireQuota(grant)
    const accepted =
      repeated ??
      (await acceptPin({
        ...requested,
        requestId: newRequestId(),
        account,
        api: 'psa',
        ...(idempotencyKey ? { idempotencyKey } : {}),
      }))
    wakeOutbox()
    if (accepted.pin.cid !== requested.cid) throw keyOfAnother('a pin')
    return reply.code(202).send(statusOf(accepted))
  })
}

const addPinRoute = describePinningRoute({
  summary: 'Pin a CID',
  description: `Answered once the pin is stored. Content that is stored already is \`pinned\` at once. Connect to the \`delegates\` if you have the data. ${idempotencyNote}`,
  body: pinBody,
  answers: { 202: json('PsaPinStatus', 'Kept; it ends `pinned`, or `failed` with a reason') },
})
