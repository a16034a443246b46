import type { AcceptedPin } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { empty } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { isRequestId, unknownPin } from './found-pin.ts'

type Deps = {
  removePin: (which: { account: string; requestId: string }) => Promise<AcceptedPin | undefined>
  wakeOutbox: () => void
}

/** `DELETE /pins/{requestid}` → 202, at any status. Work that no other pin wants is cancelled. */
export function addDeletePin(server: HttpServer, { removePin, wakeOutbox }: Deps): void {
  server.delete<{ Params: { requestid: string } }>(
    '/pins/:requestid',
    deletePinRoute,
    async ({ params, grant }, reply) => {
      const requestId = params.requestid
      const removed = isRequestId(requestId)
        ? await removePin({ account: grant.account, requestId })
        : undefined
      if (!removed) throw unknownPin()
      wakeOutbox()
      // Its Go client decodes no answer of another type, whether it has a body or not.
      return reply.code(202).type('application/json').send()
    },
  )
}

const deletePinRoute = describePinningRoute({
  summary: 'Remove a pin',
  params: { requestid: requestIdParameter },
  answers: { 202: empty('Removed') },
})
