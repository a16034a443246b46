import type { AcceptedPin } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { type FindPin, foundPin } from './found-pin.ts'
import type { PinStatusOf } from './pin-status.ts'

type Deps = {
  findPin: FindPin
  queuePosition: (queuedAt: Date) => Promise<number>
  statusOf: PinStatusOf
}

/** `GET /pins/{requestid}` → the pin, with its place in the queue while it waits. */
export function addGetPin(server: HttpServer, { findPin, queuePosition, statusOf }: Deps): void {
  server.get<{ Params: { requestid: string } }>(
    '/pins/:requestid',
    getPinRoute,
    async ({ params, grant }) => {
      const found = await foundPin(findPin, grant, params.requestid)
      return statusOf(found, await placeOf(found, queuePosition))
    },
  )
}

/** How many contents are before it in the queue, while it waits there. */
export const placeOf = async ({ content }: AcceptedPin, queuePosition: Deps['queuePosition']) =>
  content.state === 'queued' ? queuePosition(content.queuedAt) : undefined

const getPinRoute = describePinningRoute({
  summary: 'A pin',
  params: { requestid: requestIdParameter },
  answers: { 200: json('PsaPinStatus') },
})
