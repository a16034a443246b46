import { finished } from 'node:stream'
import { Type } from 'typebox'
import type { Setback } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import type { Answer } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { openEventStream } from './event-stream.ts'
import { type FindPin, foundPin } from './found-pin.ts'
import { lookUp } from './look-up.ts'
import type { PinStatusOf } from './pin-status.ts'
import type { TakeSeat } from './seats.ts'
import { type createPinWatch, isFinal, type Viewer } from './watch-pins.ts'

type Deps = {
  findPin: FindPin
  queuePosition: (queuedAt: Date) => Promise<number>
  setbacksOf: (cids: readonly string[]) => Promise<ReadonlyMap<string, Setback>>
  statusOf: PinStatusOf
  watch: ReturnType<typeof createPinWatch>
  takeSeat: TakeSeat
  stallTimeoutMs: number
  heartbeatMs: number
}

/**
 * `GET /pins/{requestid}/events` → the pin as `GET` shows it, now and whenever that changes, until it is final. There
 * is nothing to be continued: each stream begins with the whole state, whatever `Last-Event-ID` says.
 */
export function addGetEvents(server: HttpServer, deps: Deps): void {
  const { findPin, statusOf, watch, takeSeat } = deps
  server.addHook('preClose', done => {
    watch.close()
    done()
  })
  server.get<{ Params: { requestid: string } }>(
    '/pins/:requestid/events',
    getEventsRoute,
    async (request, reply) => {
      const { params, grant } = request
      const found = await foundPin(findPin, grant, params.requestid)
      const status = statusOf(found, await lookUp(found, deps))
      const seat = takeSeat(grant.tokenId)
      // From here on the seat is what limits it: streams that last must not keep others from being served.
      request.leavePending()
      const stream = openEventStream(reply, deps)
      const { tokenId } = grant
      const viewer: Viewer = { requestId: params.requestid, tokenId, stream, shown: JSON.stringify(status) }
      // Also when the client went away before it was asked for.
      finished(reply.raw, () => {
        seat[Symbol.dispose]()
        watch.remove(viewer)
      })
      stream.send(viewer.shown)
      if (isFinal(status)) stream.end('this is final')
      else watch.add(viewer)
      return reply
    },
  )
}

const events: Answer = {
  description:
    'Events whose data is a `PsaPinStatus`, the first at once; `deleted` with the `requestid` when the pin is gone. Ends with `pinned`, `failed` or `deleted`, when the token is revoked, and when the server stops',
  content: { 'text/event-stream': { schema: Type.String() } },
}

const getEventsRoute = describePinningRoute({
  summary: 'What becomes of a pin, as it happens',
  description:
    'Server-sent events, with comments while nothing happens. 429 when the token, 503 when the process has as many streams as the setting MAX_WATCHERS allows.',
  params: { requestid: requestIdParameter },
  answers: { 200: events },
})
