import type { AcceptedPin, PinRequest } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, pinBody, requestIdParameter } from './describe-pinning-route.ts'
import { type FindPin, foundPin, unknownPin } from './found-pin.ts'
import type { PinStatusOf } from './pin-status.ts'
import type { ReadPin } from './read-pin.ts'
import type { RequireQuota } from './require-quota.ts'

type Deps = {
  readPin: ReadPin
  requireQuota: RequireQuota
  findPin: FindPin
  replacePin: (
    which: { account: string; requestId: string },
    request: PinRequest,
  ) => Promise<AcceptedPin | undefined>
  newRequestId: () => string
  wakeOutbox: () => void
  statusOf: PinStatusOf
}

/**
 * `POST /pins/{requestid}` → 202 and the new pin, which has everything from the body and nothing from the old one. The
 * old one is gone with the same commit; when anything is wrong it stays.
 */
export function addReplacePin(server: HttpServer, deps: Deps): void {
  const { readPin, requireQuota, findPin, replacePin, newRequestId, wakeOutbox, statusOf } = deps
  server.post<{ Params: { requestid: string } }>(
    '/pins/:requestid',
    replacePinRoute,
    async ({ params, body, grant }, reply) => {
      const requested = readPin(body)
      const { pin: old } = await foundPin(findPin, grant, params.requestid)
      // To change a name is not to ask for more, also where the limit has been reached.
      if (requested.cid !== old.cid || old.state === 'failed') await requireQuota(grant, { replaced: old })
      const { account } = grant
      const accepted = await replacePin(
        { account, requestId: old.requestId },
        { ...requested, requestId: newRequestId(), account, api: 'psa' },
      )
      if (!accepted) throw unknownPin()
      wakeOutbox()
      return reply.code(202).send(statusOf(accepted))
    },
  )
}

const replacePinRoute = describePinningRoute({
  summary: 'Put another pin in the place of one',
  description:
    'In one step: the new pin is kept before the old one is let go. With the same CID it is how name and metadata are changed.',
  params: { requestid: requestIdParameter },
  body: pinBody,
  answers: { 202: json('PsaPinStatus', 'The new pin, with a `requestid` of its own') },
})
