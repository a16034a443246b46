import { canonicalCid } from '#libs/car/index.ts'
import type { PinRequest } from '#libs/db/index.ts'
import type { DataOf, Envelope, pinRequested } from '#libs/events/index.ts'

type Deps = {
  acceptPin: (request: PinRequest) => Promise<unknown>
  wakeOutbox: () => void
}

/**
 * pin.requested of an internal producer → rows and a job in the outbox. Safe to repeat: the request id, or else the
 * id of the event, names the pin. Throws `PermanentError` `invalid-message` when the CID is none.
 */
export function createAcceptFromProducer({ acceptPin, wakeOutbox }: Deps) {
  return async ({ id, data }: Envelope<DataOf<typeof pinRequested>>): Promise<void> => {
    await acceptPin({
      requestId: data.requestId ?? id,
      account: data.account ?? 'default',
      api: 'nats',
      cid: canonicalCid(data.cid),
      sentCid: data.cid,
      name: data.name ?? '',
      meta: data.meta ?? {},
      origins: data.origins ?? [],
    })
    wakeOutbox()
  }
}
