import { canonicalCid } from '#libs/car/index.ts'
import type { PinRequest } from '#libs/db/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import type { DataOf, Envelope, pinRequested } from '#libs/events/index.ts'

type Deps = {
  acceptPin: (request: PinRequest) => Promise<unknown>
  wakeOutbox: () => void
}

/**
 * pin.requested of an internal producer → rows and a job in the outbox. Safe to repeat: the request id, or else the
 * id of the event, names the pin. Throws `PermanentError` `invalid-message` when the CID is none, or a text cannot be
 * stored.
 */
export function createAcceptFromProducer({ acceptPin, wakeOutbox }: Deps) {
  return async ({ id, data }: Envelope<DataOf<typeof pinRequested>>): Promise<void> => {
    const request: PinRequest = {
      requestId: data.requestId ?? id,
      account: data.account ?? 'default',
      api: 'nats',
      cid: canonicalCid(data.cid),
      sentCid: data.cid,
      name: data.name ?? '',
      meta: data.meta ?? {},
      origins: data.origins ?? [],
    }
    refuseUnstorable(request)
    await acceptPin(request)
    wakeOutbox()
  }
}

/** JSON carries texts that Postgres refuses, each time: NUL characters and, in `jsonb`, halves of surrogate pairs. */
function refuseUnstorable(request: PinRequest): void {
  for (const [field, value] of Object.entries(request)) {
    if (isStorable(value)) continue
    throw new PermanentError('invalid-message', `${field} holds a NUL character or text that is not Unicode`)
  }
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  return typeof value !== 'object' || value === null || Object.entries(value).flat().every(isStorable)
}
