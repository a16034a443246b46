import type { AcceptedPin, PinRequest } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, pinBody } from './describe-pinning-route.ts'
import type { PinStatusOf } from './pin-status.ts'
import type { ReadPin } from './read-pin.ts'
import type { RequireQuota } from './require-quota.ts'

type Deps = {
  readPin: ReadPin
  requireQuota: RequireQuota
  acceptPin: (request: PinRequest) => Promise<AcceptedPin>
  newRequestId: () => string
  wakeOutbox: () => void
  statusOf: PinStatusOf
}

/** `POST /pins` → 202 and the pin, once it is stored. A CID that is pinned already gets a second pin. */
export function addAddPin(server: HttpServer, deps: Deps): void {
  const { readPin, requireQuota, acceptPin, newRequestId, wakeOutbox, statusOf } = deps
  server.post('/pins', addPinRoute, async ({ body, grant }, reply) => {
    const requested = readPin(body)
    await requireQuota(grant)
    const accepted = await acceptPin({
      ...requested,
      requestId: newRequestId(),
      account: grant.account,
      api: 'psa',
    })
    wakeOutbox()
    return reply.code(202).send(statusOf(accepted))
  })
}

const addPinRoute = describePinningRoute({
  summary: 'Pin a CID',
  description:
    'Answered once the pin is stored. Content that is stored already is `pinned` at once. Connect to the `delegates` if you have the data.',
  body: pinBody,
  answers: { 202: json('PsaPinStatus', 'Kept; it ends `pinned`, or `failed` with a reason') },
})
