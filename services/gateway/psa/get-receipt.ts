import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { type FindPin, foundPin } from './found-pin.ts'
import { pinReceipt, receiptSchema } from './pin-receipt.ts'

/** `GET /pins/{requestid}/receipt` → what was proven, and where it lies; 404 with the reason as long as nothing is. */
export function addGetReceipt(server: HttpServer, { findPin }: { findPin: FindPin }): void {
  server.get<{ Params: { requestid: string } }>(
    '/pins/:requestid/receipt',
    getReceiptRoute,
    async ({ params, grant }) => pinReceipt(await foundPin(findPin, grant, params.requestid)),
  )
}

const getReceiptRoute = describePinningRoute({
  summary: 'What was proven of a pin, and where it is stored',
  description: '404 with the reason as long as the pin is not `pinned`.',
  params: { requestid: requestIdParameter },
  answers: { 200: json(receiptSchema) },
})
