import type { AcceptedPin, PinRequest } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { pinObject } from './pin-object.ts'
import { readPinOptions } from './pin-options.ts'
import { readCid } from './read-cid.ts'

type Deps = {
  acceptPin: (request: PinRequest) => Promise<AcceptedPin>
  newRequestId: () => string
  wakeOutbox: () => void
  account: string
  maxOrigins: number
}

/** `POST /pins/{cid}` → pin. Answers 200 with the pin once it is stored; the work has not begun by then. */
export function addPostPin(
  server: HttpServer,
  { acceptPin, newRequestId, wakeOutbox, account, maxOrigins }: Deps,
): void {
  server.post<{ Params: { cid: string } }>('/pins/:cid', async ({ params, url }) => {
    const requested = readCid(params.cid)
    const options = readPinOptions(new URL(url, 'http://gateway').searchParams, { maxOrigins })
    const accepted = await acceptPin({
      ...requested,
      ...options,
      requestId: newRequestId(),
      account,
      api: 'cluster',
    })
    wakeOutbox()
    return pinObject(accepted)
  })
}
