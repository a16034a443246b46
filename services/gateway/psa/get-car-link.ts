import { Type } from 'typebox'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { type FindPin, foundPin } from './found-pin.ts'
import { type Linking, linkToCar } from './link-to-car.ts'
import { pinReceipt } from './pin-receipt.ts'

/**
 * `GET /pins/{requestid}/car-link` → the link that `/car` redirects to, for pages: a browser shows them neither the
 * target of a redirect nor, where it may not connect to the store, what lies there.
 */
export function addGetCarLink(server: HttpServer, deps: Linking & { findPin: FindPin }): void {
  server.get<{ Params: { requestid: string } }>(
    '/pins/:requestid/car-link',
    getCarLinkRoute,
    async ({ params, grant }, reply) => {
      const receipt = pinReceipt(await foundPin(deps.findPin, grant, params.requestid))
      reply.header('Cache-Control', 'no-store')
      const expires = new Date(Date.now() + deps.linkValidForMs).toISOString()
      return { url: await linkToCar(receipt, deps), expires }
    },
  )
}

const linkSchema = Type.Object({
  url: Type.String({ format: 'uri' }),
  expires: Type.String({ format: 'date-time' }),
})

const getCarLinkRoute = describePinningRoute({
  summary: 'A link to the CAR of a pin',
  description: 'It needs no token. 404 with the reason as long as the pin is not `pinned`.',
  params: { requestid: requestIdParameter },
  answers: { 200: json(linkSchema) },
})
