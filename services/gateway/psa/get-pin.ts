import type { Setback } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { type FindPin, foundPin } from './found-pin.ts'
import { lookUp } from './look-up.ts'
import type { PinStatusOf } from './pin-status.ts'

type Deps = {
  findPin: FindPin
  queuePosition: (queuedAt: Date) => Promise<number>
  setbacksOf: (cids: readonly string[]) => Promise<ReadonlyMap<string, Setback>>
  statusOf: PinStatusOf
}

/** `GET /pins/{requestid}` → the pin, with its place in the queue while it waits, and the last failure between attempts. */
export function addGetPin(server: HttpServer, deps: Deps): void {
  const { findPin, statusOf } = deps
  server.get<{ Params: { requestid: string } }>(
    '/pins/:requestid',
    getPinRoute,
    async ({ params, grant }) => {
      const found = await foundPin(findPin, grant, params.requestid)
      return statusOf(found, await lookUp(found, deps))
    },
  )
}

const getPinRoute = describePinningRoute({
  summary: 'A pin',
  params: { requestid: requestIdParameter },
  answers: { 200: json('PsaPinStatus') },
})
