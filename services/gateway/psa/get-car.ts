import { Type } from 'typebox'
import type { HttpServer } from '#libs/http/index.ts'
import type { Answer } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { type FindPin, foundPin } from './found-pin.ts'
import { type Linking, linkToCar } from './link-to-car.ts'
import { carType, type OpenCar } from './open-car.ts'
import { pinReceipt } from './pin-receipt.ts'

type Deps = Linking & { findPin: FindPin; openCar: OpenCar }

/**
 * `GET /pins/{requestid}/car` → 307 to a link into the store that needs no token; the bytes themselves for who asks for
 * `application/vnd.ipld.car`, and so cannot or will not follow it.
 */
export function addGetCar(server: HttpServer, deps: Deps): void {
  const { findPin, openCar, ...linking } = deps
  server.get<{ Params: { requestid: string } }>(
    '/pins/:requestid/car',
    getCarRoute,
    async ({ params, headers, grant }, reply) => {
      const receipt = pinReceipt(await foundPin(findPin, grant, params.requestid))
      reply.header('Vary', 'Accept')
      if (asksForCar(headers.accept)) {
        const { tokenId } = grant
        const answer = await openCar(receipt, { headers, tokenId }, reply.raw)
        return reply.code(answer.status).headers(answer.headers).send(answer.body)
      }
      const link = await linkToCar(receipt, linking)
      return reply.code(307).headers({ Location: link, 'Cache-Control': 'no-store' }).send()
    },
  )
}

/** Named, and not by way of a wildcard: that is what every client sends. */
const asksForCar = (accept = '') =>
  accept.split(',').some(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    return type === carType && !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))
  })

const car: Answer = {
  description: 'The CAR, to who asks for it by `Accept: application/vnd.ipld.car`. With ETag, and in ranges',
  content: { [carType]: { schema: Type.String({ format: 'binary' }) } },
}
const nothing = (description: string): Answer => ({ description, type: 'null' })

const getCarRoute = describePinningRoute({
  summary: 'The CAR of a pin',
  description:
    'By a link into the store, valid for a time, that needs no token: do not send it one. 404 with the reason as long as the pin is not `pinned`.',
  params: { requestid: requestIdParameter },
  answers: {
    200: car,
    206: { ...car, description: 'The range asked for' },
    304: nothing('Unchanged'),
    307: nothing('`Location` is a link to the CAR, for everybody else'),
  },
})
